// Sealing on the reporter's device: the form that tells, and the way back.
import { comeBack } from "./come-back.js";
import { tell } from "./tell.js";

const form = document.querySelector<HTMLFormElement>("form[data-seal]");
if (form) tell(form);

const back = document.querySelector<HTMLElement>("[data-return-page]");
if (back) comeBack(back);
