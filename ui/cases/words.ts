// Words in a form of codes: sealed to the case before the form is sent. The
// field has no name, so that without this script no word leaves the page. What
// is refused stays as it was typed.
import * as seal from "../seal/index.js";
import { sendForm } from "../staff/http.js";
import { sent } from "./draft.js";
import { attempt } from "./sealed.js";

/** sealWords makes a form seal its words; a reason may demand them. */
export function sealWords(form: HTMLFormElement): void {
  const words = form.querySelector<HTMLTextAreaElement>("textarea[data-words]")!;
  const sealed = form.querySelector<HTMLInputElement>("[name=sealed]")!;
  const reason = form.querySelector<HTMLSelectElement>("[name=reason]");
  if (reason) {
    const ask = () => (words.required = reason.selectedOptions[0]!.hasAttribute("data-words"));
    reason.addEventListener("change", ask);
    ask();
  }
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const button = form.querySelector<HTMLButtonElement>("button:not([type=button])")!;
    button.disabled = true; // twice sent is kept twice
    void attempt(form, form.dataset.failed!, async () => {
      const to = [form.dataset.caseRecipient!, ...others(form)];
      sealed.value = words.value.trim() ? seal.b64(await seal.seal(seal.padJSON({ v: 1, text: words.value }), to)) : "";
      const page = await sendForm(form);
      form.dispatchEvent(new Event(sent));
      go(page);
    }).then(() => (button.disabled = false));
  });
}

/** go loads a page, also when it is the one that is shown. */
function go(address: string): void {
  const before = location.pathname + location.search;
  location.assign(address);
  if (new URL(address, location.href).hash && before === location.pathname + location.search) location.reload();
}

/** others are those besides the case whom the form's choices name, such as a prosecutor. */
function others(form: HTMLFormElement): string[] {
  return [...form.querySelectorAll<HTMLOptionElement>("option[data-recipient]:checked")].map((o) => o.dataset.recipient!);
}
