// Words in a form of codes: sealed to the case before the form is sent. The
// field has no name, so that without this script no word leaves the page. What
// is refused stays as it was typed.
import * as seal from "../seal/index.js";
import { sendInPlace } from "../staff/send.js";

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
  sendInPlace(form, async () => {
    const to = [form.dataset.caseRecipient!, ...others(form)];
    sealed.value = words.value.trim() ? seal.b64(await seal.seal(seal.padJSON({ v: 1, text: words.value }), to)) : "";
  });
}

/** others are those besides the case whom the form's choices name, such as a prosecutor. */
function others(form: HTMLFormElement): string[] {
  return [...form.querySelectorAll<HTMLOptionElement>("option[data-recipient]:checked")].map((o) => o.dataset.recipient!);
}
