// What is being written and not saved yet, kept on this device, sealed to the
// case key, or to the writer's own: a crash of the browser loses two seconds, a
// page that is left nothing, and who finds the device without the key reads
// nothing. A page that is left waits for nothing either: what is typed is sealed
// at once, under a key that was sealed when the page came.
import * as seal from "../seal/index.js";
import { sent } from "../staff/send.js";
import type { SealedCase } from "./sealed.js";

const longest = 1500; // ms that a key waits to be kept

interface Kept {
  epoch: number;
  at: string; // ISO time
  over?: number; // version of the part over which it was written; 0 where it is new
  key: string; // Key
  words: string; // Words, under that key
}

/** Earlier is how drafts were kept before: Words, sealed to the case key itself. */
type Earlier = Omit<Kept, "key" | "words"> & { sealed: string };

interface Key {
  key: string;
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
  private key?: { open: Uint8Array; sealed: string; epoch: number };
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
      const kept = JSON.parse(before) as Kept | Earlier;
      const words = await this.words(kept);
      if (words) this.putBack(words, kept, found);
    }
    await this.listen();
  }

  /** words opens what was kept; undefined without the key that it needs. */
  private async words(kept: Kept | Earlier): Promise<Words | undefined> {
    if ("sealed" in kept) return this.file.unseal<Words>(seal.unb64(kept.sealed), kept.epoch);
    const key = await this.file.unseal<Key>(seal.unb64(kept.key), kept.epoch);
    return key && (JSON.parse(new TextDecoder().decode(seal.openUnder(seal.unb64(key.key), kept.words))) as Words);
  }

  /** listen keeps what is typed from now on: while it is typed, and at once when the page is left. */
  async listen(): Promise<void> {
    this.field.addEventListener("input", () => this.soon());
    const leave = () => this.timer && this.keep();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    const [open, epoch] = [seal.newKeepKey(), this.file.epoch];
    this.key = { open, epoch, sealed: seal.b64(await this.file.seal({ key: seal.b64(open) } satisfies Key)) };
  }

  private soon(): void {
    this.timer ||= window.setTimeout(() => this.keep(), longest);
  }

  /** rest waits for the next key. */
  private rest(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  private putBack(draft: Words, kept: Kept | Earlier, found: (at: Date) => void): void {
    const same = !draft.text || draft.text === this.field.value;
    const fits = (kept.over ?? 0) === this.version();
    this.other = [same || fits ? "" : draft.text, draft.other].filter((t) => t).join("\n\n");
    if (same || !fits) return;
    this.field.value = draft.text;
    found(new Date(kept.at));
  }

  /** keep keeps what the field holds now. */
  keep(): void {
    if (this.field.value.trim()) this.hold(this.field.value);
    else this.forget();
  }

  private hold(text: string): void {
    this.rest();
    if (!this.key) return this.soon();
    const { open, epoch, sealed } = this.key;
    const words = seal.keepUnder(open, seal.padJSON({ text, other: this.other } satisfies Words));
    const kept: Kept = { epoch, at: new Date().toISOString(), over: this.version(), key: sealed, words };
    localStorage.setItem(this.name, JSON.stringify(kept));
  }

  /** forget ends the draft: its text is saved, or was emptied. What stands beside waits on. */
  forget(): void {
    this.rest();
    if (this.other) this.hold("");
    else localStorage.removeItem(this.name);
  }

  /** decided ends what stands beside; what the field holds is kept on. */
  decided(): void {
    this.other = "";
    this.keep();
  }
}

/** showOther shows what stands beside a field, in the form's own place, until somebody takes it or has read it. */
export function showOther(form: HTMLFormElement, field: Text, draft: Draft): void {
  const box = form.querySelector<HTMLElement>("[data-other]")!;
  box.hidden = !draft.other;
  box.querySelector("[data-other-words]")!.textContent = draft.other;
  const decide = (): void => {
    box.hidden = true;
    draft.decided();
  };
  box.querySelector("[data-drop]")!.addEventListener("click", decide);
  box.querySelector("[data-take]")!.addEventListener("click", () => {
    field.value = [field.value, draft.other].filter((t) => t).join("\n\n");
    decide();
  });
}

/** keepDrafts keeps what is typed in every field of the page that asks for it, until its form was sent. */
export async function keepDrafts(file: SealedCase): Promise<void> {
  for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-keep]")) {
    const draft = new Draft(field, file, `${location.pathname}#${field.id}`);
    field.form!.addEventListener(sent, () => draft.forget());
    await draft.follow(() => (field.form!.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }
}
