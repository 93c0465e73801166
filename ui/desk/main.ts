// The officer's pages.
import { listenForDuties } from "../staff/rings.js";
import { listenForKeys } from "./queue.js";
import { Report } from "./report.js";

listenForDuties();
listenForKeys();
const report = document.querySelector<HTMLElement>("[data-report]");
if (report) new Report(report).listen();
