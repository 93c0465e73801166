// Opening the name and the ways of contact of somebody who is shielded: one
// person, one time, with a reason that stands in the log.
import * as seal from "../seal/index.js";
import { post } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { attempt } from "./sealed.js";

interface Part {
  name: string;
  epoch: number;
  sealed: string;
}

/** listenForUnshielding makes the form beside a shielded person work. */
export function listenForUnshielding(form: HTMLFormElement): void {
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    void attempt(form, form.dataset.failed!, async () => {
      const keys = await ringKeys(form.dataset.case!);
      const { parts } = await post<{ parts: Part[] }>(form.dataset.unshield!, { why: new FormData(form).get("why") });
      const shown: HTMLElement[] = [];
      for (const part of parts) {
        const key = keys.get(part.epoch);
        if (!key) continue;
        const { text } = JSON.parse(new TextDecoder().decode(await seal.open(seal.unb64(part.sealed), key))) as { text: string };
        const item = document.createElement("p");
        item.className = "told";
        item.textContent = text;
        shown.push(item);
      }
      form.querySelector("[data-unshielded]")!.replaceChildren(...shown);
    });
  });
}
