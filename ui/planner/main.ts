// The pages of the calendar: a form with something wrong in it stays as it was typed.
import { sendInPlace } from "../staff/send.js";

for (const form of document.querySelectorAll<HTMLFormElement>("[data-send]")) sendInPlace(form);
