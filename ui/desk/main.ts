// The officer's pages.
import { listenForDuties } from "./keys.js";
import { listenForKeys } from "./queue.js";
import { Report } from "./report.js";

listenForDuties();
listenForKeys();
const report = document.querySelector<HTMLElement>("[data-report]");
if (report) new Report(report).listen();
