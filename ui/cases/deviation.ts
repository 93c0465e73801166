// Asking a prosecutor for a deviation, with the code of its reason, and reading
// what was asked and answered: the words of both are sealed to the case and to the
// prosecutor alone.
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { attempt, sent } from "../staff/send.js";

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
      await post(form.dataset.ask!, { rule: given.get("rule"), prosecutor: who.value, why: given.get("why") ?? "", reason: seal.b64(reason) });
      form.dispatchEvent(new Event(sent));
      location.reload();
    } catch (error) {
      problem.textContent = error instanceof Refusal && error.message ? error.message : form.dataset.failed!;
      problem.hidden = false;
    }
  });
}

/** listenForReading opens the words of a deviation beside a plan. */
export function listenForReading(box: HTMLElement): void {
  box.querySelector("[data-open]")!.addEventListener("click", () => {
    void attempt(box, box.dataset.failed!, async () => {
      const keys = [...(await ringKeys(box.dataset.case!)).values()];
      const { reason, answer } = await post<{ reason: string; answer: string }>(box.dataset.deviation!);
      const show = async (name: string, sealed: string): Promise<void> => {
        const place = box.querySelector<HTMLElement>(`[data-${name}]`)!;
        place.textContent = (await opened(seal.unb64(sealed), keys)) ?? box.dataset.noKey!;
        place.parentElement!.hidden = false;
      };
      await show("reason", reason);
      if (answer) await show("answer", answer);
    });
  });
}

/** opened tries every key of the case: which one it was is not kept with a deviation. */
async function opened(file: Uint8Array, keys: string[]): Promise<string | undefined> {
  for (const key of keys) {
    const plain = await seal.open(file, key).catch(() => undefined);
    if (plain) return (JSON.parse(new TextDecoder().decode(plain)) as { text: string }).text;
  }
  return undefined;
}
