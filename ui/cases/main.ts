// The detective's pages.
import { follow } from "../facts/live.js";
import { listenForDuties } from "../staff/rings.js";
import { listenForDelay } from "./delay.js";
import { listenForAsking } from "./deviation.js";
import { Parts } from "./parts.js";
import { ToldOnce } from "./told.js";

listenForDuties();
const plan = document.querySelector<HTMLFormElement>("[data-try]");
if (plan) follow(plan, plan.dataset.try!);
const parts = document.querySelector<HTMLElement>("[data-parts]");
if (parts) new Parts(parts).listen();
const told = document.querySelector<HTMLElement>("[data-told]");
if (told) new ToldOnce(told).listen();
const asking = document.querySelector<HTMLFormElement>("[data-ask]");
if (asking) listenForAsking(asking);
const delay = document.querySelector<HTMLFormElement>("[data-delay]");
if (delay) listenForDelay(delay);
