// The rule explorer.
import { decideOnSubmit, follow } from "../facts/live.js";

const form = document.querySelector<HTMLFormElement>("[data-facts]");
if (form) {
  follow(form, form.action);
  decideOnSubmit(form);
}

const printer = document.querySelector<HTMLButtonElement>("[data-print]");
if (printer) {
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());
}
