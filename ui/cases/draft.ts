// What is being written and not saved yet, kept on this device, sealed to the
// case key: a crash of the browser loses two seconds, and who finds the device
// without the key reads nothing.
import * as seal from "../seal/index.js";
import type { SealedCase } from "./sealed.js";

const pause = 1500; // ms after the last key

interface Kept {
  epoch: number;
  at: string; // ISO time
  sealed: string;
}

/** Draft keeps the text of one field. */
export class Draft {
  private timer = 0;
  private readonly name: string;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly file: SealedCase,
    where: string,
  ) {
    this.name = `draft:${where}`;
  }

  /** follow puts back what was not saved, and keeps what is typed from now on. */
  async follow(found: (at: Date) => void): Promise<void> {
    const before = localStorage.getItem(this.name);
    if (before) {
      const kept = JSON.parse(before) as Kept;
      const draft = await this.file.unseal<{ text: string }>(seal.unb64(kept.sealed), kept.epoch);
      if (draft && draft.text !== this.field.value) {
        this.field.value = draft.text;
        found(new Date(kept.at));
      }
    }
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.keep(), pause);
    });
  }

  private async keep(): Promise<void> {
    if (!this.field.value.trim()) return this.forget();
    const kept: Kept = { epoch: this.file.epoch, at: new Date().toISOString(), sealed: seal.b64(await this.file.seal({ text: this.field.value })) };
    localStorage.setItem(this.name, JSON.stringify(kept));
  }

  /** forget ends the draft: its text is saved, or was emptied. */
  forget(): void {
    clearTimeout(this.timer);
    localStorage.removeItem(this.name);
  }
}
