// Forms that write one sealed part whole: a question plan, ways of contact, the
// report of a talk. They appear when the case was opened in this tab.
import { Draft } from "./draft.js";
import { attempt, SealedCase } from "./sealed.js";

/** listenToParts fills and shows every such form of the page; root has the words and the address of the case. */
export async function listenToParts(file: SealedCase, root: HTMLElement): Promise<void> {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-part-form]")) {
    const part = form.dataset.partForm!;
    form.hidden = false;
    const field = form.querySelector("textarea")!;
    field.value = (await file.read<{ text: string }>(part))?.text ?? "";
    const draft = new Draft(field, file, `${root.dataset.case}/${part}`);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(form, root.dataset.failed!, async () => {
        await file.write(part, { text: field.value });
        draft.forget();
        form.querySelector<HTMLElement>("[data-saved]")!.hidden = false;
      });
    });
    await draft.follow(() => (form.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }
}

/** listenToOpening lets a page that has nothing sealed but such forms be opened. */
export function listenToOpening(root: HTMLElement): void {
  root.querySelector("[data-open]")!.addEventListener("click", () => {
    void attempt(root, root.dataset.failed!, async () => {
      const file = new SealedCase(root.dataset.case!);
      await file.open();
      await listenToParts(file, root);
      root.querySelector<HTMLElement>("[data-closed]")!.hidden = true;
    });
  });
}
