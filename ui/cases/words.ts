// Words in a form of codes: sealed to the case before the form is sent. The
// field has no name, so that without this script no word leaves the page.
import * as seal from "../seal/index.js";

/** sealWords makes a form seal its words; a reason may demand them. */
export function sealWords(form: HTMLFormElement): void {
  const words = form.querySelector<HTMLTextAreaElement>("textarea[data-words]")!;
  const sealed = form.querySelector<HTMLInputElement>("[name=sealed]")!;
  const problem = form.querySelector<HTMLElement>("[data-problem]")!;
  const reason = form.querySelector<HTMLSelectElement>("[name=reason]");
  if (reason) {
    const ask = () => (words.required = reason.selectedOptions[0]!.hasAttribute("data-words"));
    reason.addEventListener("change", ask);
    ask();
  }
  form.addEventListener("submit", async (e) => {
    if (!words.value.trim()) return;
    e.preventDefault();
    problem.hidden = true;
    try {
      const file = await seal.seal(seal.padJSON({ v: 1, text: words.value }), [form.dataset.caseRecipient!]);
      sealed.value = seal.b64(file);
      form.submit();
    } catch {
      problem.textContent = form.dataset.failed!;
      problem.hidden = false;
    }
  });
}
