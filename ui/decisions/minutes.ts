// Minutes of a recording: the prosecutor asks the members of the case for them,
// and saves what they made, which only the prosecutor's own key opens.
import * as seal from "../seal/index.js";
import { busy, field, hand, onSend, Told, words } from "../staff/form.js";
import { bytes, post } from "../staff/http.js";
import { unlockedIdentity } from "../staff/unlocked.js";
import { show } from "./words.js";

/** listenToAsking sends what is asked, with words sealed to the case and to oneself. */
export function listenToAsking(form: HTMLFormElement): void {
  const follow = () => {
    const all = form.querySelector<HTMLInputElement>("[name=which][value=all]")!.checked;
    for (const part of form.querySelectorAll<HTMLElement>("[data-some]")) part.hidden = all;
    for (const name of ["from", "to"]) field(form, name).disabled = all;
    const known = form.querySelector<HTMLSelectElement>("[name=known]")?.value;
    field(form, "number").closest<HTMLElement>(".field")!.hidden = Boolean(known);
  };
  form.addEventListener("change", follow);
  follow();
  onSend(form, () =>
    void busy(form, async () => {
      const said = new FormData(form);
      const text = (name: string) => String(said.get(name) ?? "").trim();
      const recording = text("known") || text("number");
      if (!recording) throw new Told(words(form, "which"));
      const [from, to] = [Number(said.get("from")), Number(said.get("to"))];
      if (to < from) throw new Told(words(form, "order"));
      const { recipient } = await post<{ recipient: string }>("/decisions/minutes/key", { recording });
      const sealed = await seal.seal(seal.padJSON({ v: 1, text: text("words") }), [recipient, form.dataset.own!]);
      await post("/decisions/minutes", {
        recording, from, to, all: text("which") === "all", what: text("what"), purpose: text("purpose"), power: text("power"), words: seal.b64(sealed),
      });
      location.reload();
    }),
  );
}

/** listenToMinutes makes the card of what was asked work. */
export function listenToMinutes(card: HTMLElement): void {
  const path = `/decisions/minutes/${card.dataset.minutes}`;
  const on = (name: string, act: () => Promise<void>) => card.querySelector(name)?.addEventListener("click", () => void busy(card, act));
  on("[data-open]", async () => {
    const own = await unlockedIdentity();
    const got = await post<{ words: string; answer: string }>(`${path}/open`);
    await show(card.querySelector<HTMLElement>("[data-words]")!, got.words, own);
    if (!got.answer) return;
    const answered = card.querySelector<HTMLElement>("[data-answered]")!;
    await show(answered.querySelector("p")!, got.answer, own);
    answered.hidden = false;
  });
  on("[data-fetch]", async () => {
    const own = await unlockedIdentity();
    const r = await bytes(`${path}/archive`);
    const { file, hash } = await seal.openStream(r.body!, own);
    if (hash !== r.headers.get("Verhaal-Archive")) throw new Told(words(card, "other"));
    hand(card.querySelector<HTMLAnchorElement>("a[data-made]")!, new Blob([file], { type: "application/zip" }), card.dataset.name!);
    card.querySelector<HTMLElement>("[data-done]")!.hidden = false;
  });
  on("[data-end]", async () => {
    await post(`${path}/end`);
    location.reload();
  });
}
