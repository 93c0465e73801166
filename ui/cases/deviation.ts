// Asking a prosecutor for a deviation: the reason is sealed to the case and to
// the prosecutor alone.
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";

/** listenForAsking makes the form beside a blocked plan work. */
export function listenForAsking(form: HTMLFormElement): void {
  const problem = form.querySelector<HTMLElement>("[data-problem]")!;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    problem.hidden = true;
    const given = new FormData(form);
    const who = form.querySelector<HTMLOptionElement>("[name=prosecutor] option:checked")!;
    try {
      const to = [form.dataset.caseRecipient!, who.dataset.recipient!];
      const reason = await seal.seal(seal.padJSON({ v: 1, text: String(given.get("reason")) }), to);
      await post(form.dataset.ask!, { rule: given.get("rule"), prosecutor: who.value, reason: seal.b64(reason) });
      location.reload();
    } catch (error) {
      problem.textContent = error instanceof Refusal && error.message ? error.message : form.dataset.failed!;
      problem.hidden = false;
    }
  });
}
