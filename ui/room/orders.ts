// What prosecutors ask for of a recording: a member reads why, makes it, refuses
// it, or ends what lies ready.
import { b64, padJSON, seal } from "../seal/index.js";
import { busy, onSend } from "../staff/form.js";
import { post } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import type { ExcerptCard } from "./excerpt.js";
import { openWithAny } from "./prompts.js";

/** listenToOrder makes the card of one order work; root is the page of its recording. */
export function listenToOrder(root: HTMLElement, card: HTMLElement, excerpt: ExcerptCard): void {
  const order = card.dataset.order!;
  const path = `/record/${root.dataset.recording}/minutes/${order}`;
  const on = (name: string, act: () => Promise<void>) => card.querySelector(name)?.addEventListener("click", () => void busy(card, act));
  card.querySelector("[data-make]")?.addEventListener("click", () => excerpt.choose(order));
  on("[data-open]", async () => {
    const keys = [...(await ringKeys(`/case/${root.dataset.case}`)).values()].reverse();
    const got = await post<{ words: string; answer: string }>(`${path}/open`);
    await show(card.querySelector<HTMLElement>("[data-words]")!, got.words, keys);
    if (!got.answer) return;
    const answered = card.querySelector<HTMLElement>("[data-answered]")!;
    await show(answered.querySelector("p")!, got.answer, keys);
    answered.hidden = false;
  });
  on("[data-end]", async () => {
    await post(`${path}/end`);
    location.reload();
  });
  onSend(card.querySelector<HTMLFormElement>("[data-refuse]"), (form) =>
    void busy(card, async () => {
      const text = String(new FormData(form).get("answer"));
      const answer = b64(await seal(padJSON({ v: 1, text }), [root.dataset.recipient!, card.dataset.recipient!]));
      await post(`${path}/refuse`, { answer });
      location.reload();
    }),
  );
}

async function show(place: HTMLElement, sealed: string, keys: string[]): Promise<void> {
  const plain = await openWithAny(sealed, keys);
  if (!plain) throw new Error("sealed to another key");
  place.textContent = (JSON.parse(new TextDecoder().decode(plain)) as { text: string }).text;
  place.hidden = false;
}
