// What is being written and not saved yet, kept on this device, sealed to the
// case key, or to the writer's own: a crash of the browser loses two seconds,
// and who finds the device without the key reads nothing.
import * as seal from "../seal/index.js";
import type { SealedCase } from "./sealed.js";

const pause = 1500; // ms after the last key

interface Kept {
  epoch: number;
  at: string; // ISO time
  over?: number; // version of the part over which it was written; 0 where it is new
  sealed: string; // Words
}

interface Words {
  text: string;
  other?: string; // found here, written over an earlier version, and not decided on yet
}

/** A field, or several that make one text. */
export type Text = Pick<HTMLTextAreaElement, "value" | "addEventListener">;

/** Sealer seals a draft and opens it again. */
export type Sealer = Pick<SealedCase, "epoch" | "seal" | "unseal">;

/** Draft keeps the text of one field. Words written over a version that is not the one read now stand beside, in other. */
export class Draft {
  other = "";
  private timer = 0;
  private turn = 0; // a keeping that was overtaken writes nothing
  private readonly name: string;

  constructor(
    private readonly field: Text,
    private readonly file: Sealer,
    where: string,
    private readonly version: () => number = () => 0,
  ) {
    this.name = `draft:${where}`;
  }

  /** follow puts back what was not saved, and keeps what is typed from now on. */
  async follow(found: (at: Date) => void): Promise<void> {
    const before = localStorage.getItem(this.name);
    if (before) {
      const kept = JSON.parse(before) as Kept;
      const draft = await this.file.unseal<Words>(seal.unb64(kept.sealed), kept.epoch);
      if (draft) this.putBack(draft, kept, found);
    }
    this.listen();
  }

  /** listen keeps what is typed from now on. */
  listen(): void {
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.keep(), pause);
    });
  }

  private putBack(draft: Words, kept: Kept, found: (at: Date) => void): void {
    const same = !draft.text || draft.text === this.field.value;
    const fits = (kept.over ?? 0) === this.version();
    this.other = [same || fits ? "" : draft.text, draft.other].filter((t) => t).join("\n\n");
    if (same || !fits) return;
    this.field.value = draft.text;
    found(new Date(kept.at));
  }

  /** keep keeps what the field holds now. */
  keep(): Promise<void> {
    return this.field.value.trim() ? this.hold(this.field.value) : this.forget();
  }

  private async hold(text: string): Promise<void> {
    const turn = ++this.turn;
    const kept = { epoch: this.file.epoch, at: new Date().toISOString(), over: this.version() };
    const sealed = seal.b64(await this.file.seal({ text, other: this.other } satisfies Words));
    if (turn === this.turn) localStorage.setItem(this.name, JSON.stringify({ ...kept, sealed } satisfies Kept));
  }

  /** forget ends the draft: its text is saved, or was emptied. What stands beside waits on. */
  async forget(): Promise<void> {
    clearTimeout(this.timer);
    this.turn++;
    if (this.other) return this.hold("");
    localStorage.removeItem(this.name);
  }

  /** decided ends what stands beside; what the field holds is kept on. */
  async decided(): Promise<void> {
    this.other = "";
    await this.keep();
  }
}

/** showOther shows what stands beside a field, in the form's own place, until somebody takes it or has read it. */
export function showOther(form: HTMLFormElement, field: Text, draft: Draft): void {
  const box = form.querySelector<HTMLElement>("[data-other]")!;
  box.hidden = !draft.other;
  box.querySelector("[data-other-words]")!.textContent = draft.other;
  const decide = (): void => {
    box.hidden = true;
    void draft.decided();
  };
  box.querySelector("[data-drop]")!.addEventListener("click", decide);
  box.querySelector("[data-take]")!.addEventListener("click", () => {
    field.value = [field.value, draft.other].filter((t) => t).join("\n\n");
    decide();
  });
}

/** sent is what a form tells when its words left, sealed. */
export const sent = "verhaal:sent";

/** keepDrafts keeps what is typed in every field of the page that asks for it, until its form was sent. */
export async function keepDrafts(file: SealedCase): Promise<void> {
  for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-keep]")) {
    const draft = new Draft(field, file, `${location.pathname}#${field.id}`);
    field.form!.addEventListener(sent, () => draft.forget());
    await draft.follow(() => (field.form!.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }
}
