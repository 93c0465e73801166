// Forms that write one sealed part whole: a question plan, ways of contact, the
// report of a talk. They appear when the case was opened in this tab; those of
// somebody who is shielded, when that person was, with a reason.
import { attempt } from "../staff/send.js";
import { Draft, keepDrafts, showOther } from "./draft.js";
import { SealedCase, showTexts, shut } from "./sealed.js";

/** listenToParts fills and shows every such form of the page; root has the words and the address of the case. What opens alone is shown by its own root only. */
export async function listenToParts(file: SealedCase, root: HTMLElement): Promise<void> {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-part-form]")) {
    if (form.closest("[data-alone]") !== root.closest("[data-alone]")) continue;
    const part = form.dataset.partForm!;
    if (form.dataset.ifKept !== undefined && !file.has(part)) continue;
    form.hidden = false;
    if (file.locked(part)) {
      shut(form, root.dataset.noKey!);
      continue;
    }
    const field = form.querySelector<HTMLInputElement | HTMLTextAreaElement>("textarea, input")!;
    field.value = (await file.read<{ text: string }>(part))?.text ?? "";
    const draft = new Draft(field, file, `${root.dataset.case}/${part}`, () => file.version(part));
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(form, root.dataset.failed!, async () => {
        await file.write(part, { text: field.value });
        draft.forget();
        form.querySelector<HTMLElement>("[data-saved]")!.hidden = false;
      });
    });
    await draft.follow(() => (form.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
    showOther(form, field, draft);
  }
}

/** listenToOpening lets a page that has nothing sealed but such forms be opened. */
export function listenToOpening(root: HTMLElement): void {
  root.querySelector("[data-open]")?.addEventListener("click", () => {
    void attempt(root, root.dataset.failed!, async () => {
      const file = new SealedCase(root.dataset.case!);
      await file.open();
      await listenToParts(file, root);
      await showTexts(file, root.dataset.noKey!);
      await keepDrafts(file);
      root.querySelector<HTMLElement>("[data-closed]")!.hidden = true;
    });
  });
}

/** listenForOpeningAlone lets the parts beside a form be opened, apart from all others, for the reason in it. */
export function listenForOpeningAlone(form: HTMLFormElement): void {
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    void attempt(form, form.dataset.failed!, async () => {
      const file = new SealedCase(form.dataset.case!);
      await file.open(form.dataset.openAlone!, { why: new FormData(form).get("why") });
      await listenToParts(file, form);
      form.hidden = true;
    });
  });
}
