// A reason for delay in words: sealed to the case before the form is sent. The
// field has no name, so that without this script no word leaves the page.
import * as seal from "../seal/index.js";

/** listenForDelay makes the form that gives a reason seal its words. */
export function listenForDelay(form: HTMLFormElement): void {
  const words = form.querySelector<HTMLTextAreaElement>("[data-words]:not(option)")!;
  const reason = form.querySelector<HTMLSelectElement>("[name=reason]")!;
  const sealed = form.querySelector<HTMLInputElement>("[name=sealed]")!;
  const problem = form.querySelector<HTMLElement>("[data-problem]")!;
  const ask = () => (words.required = reason.selectedOptions[0]!.hasAttribute("data-words"));
  reason.addEventListener("change", ask);
  ask();
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
