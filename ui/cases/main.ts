// The detective's pages.
import { follow } from "../facts/live.js";
import { listenForDuties } from "../staff/rings.js";
import { listenForAsking, listenForReading } from "./deviation.js";
import { keepFacts } from "./facts_form.js";
import { listenForOpeningAlone, listenToOpening } from "./part_forms.js";
import { Parts } from "./parts.js";
import { ToldOnce } from "./told.js";
import { sealWords } from "./words.js";

listenForDuties();
const plan = document.querySelector<HTMLFormElement>("[data-try]");
if (plan) follow(plan, plan.dataset.try!);
const facts = document.querySelector<HTMLFormElement>("[data-keep-facts]");
if (facts) void keepFacts(facts);
const parts = document.querySelector<HTMLElement>("[data-parts]");
if (parts) new Parts(parts).listen();
const told = document.querySelector<HTMLElement>("[data-told]");
if (told) new ToldOnce(told).listen();
const opening = document.querySelector<HTMLElement>("[data-opening]");
if (opening) listenToOpening(opening);
for (const form of document.querySelectorAll<HTMLFormElement>("[data-open-alone]")) listenForOpeningAlone(form);
const asking = document.querySelector<HTMLFormElement>("[data-ask]");
if (asking) listenForAsking(asking);
for (const box of document.querySelectorAll<HTMLElement>("[data-deviation]")) listenForReading(box);
for (const form of document.querySelectorAll<HTMLFormElement>("[data-seal-words]")) sealWords(form);
