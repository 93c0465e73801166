// The sealed parts of a case file in this tab: fetched once the key is there,
// opened with it, and sealed again to the key of today.
import * as seal from "../seal/index.js";
import { post } from "../staff/http.js";
import { doDuty, ringKeys } from "../staff/rings.js";
import { tell } from "../staff/send.js";

interface Part {
  name: string;
  version: number;
  epoch: number;
  sealed: string;
}

interface Opened {
  parts: Part[];
  epoch: number;
  recipient: string;
  due: boolean;
}

/** SealedCase is one case file's parts; open comes before everything else. */
export class SealedCase {
  private now: Opened = { parts: [], epoch: 0, recipient: "", due: false };
  private keys = new Map<number, string>();
  private readonly own = new Set<string>(); // parts that this tab wrote

  constructor(private readonly path: string) {}

  /**
   * open fetches every part that leaves with the rest; or, with a door of their
   * own and a reason, those behind it. It is an act in the custody log. A key that
   * somebody may still have who must not read any more is followed by a new one
   * first, unasked: nothing is sealed to it.
   */
  async open(door = "sealed/open", reason?: object): Promise<void> {
    this.keys = await ringKeys(this.path);
    this.now = await post<Opened>(`${this.path}/${door}`, reason);
    if (!this.now.due) return;
    await doDuty(this.path);
    await this.open(door, reason);
  }

  /** forDrafts is a case of which no part is asked for, which is no act: for what this browser alone keeps. Keys come when a draft is opened. */
  static forDrafts(path: string, epoch: number, recipient: string): SealedCase {
    const file = new SealedCase(path);
    file.now = { parts: [], epoch, recipient, due: false };
    return file;
  }

  get names(): string[] {
    return this.now.parts.map((p) => p.name);
  }

  /** read opens a part; undefined when there is none, or no key for it. */
  async read<T>(name: string): Promise<T | undefined> {
    const part = this.now.parts.find((p) => p.name === name);
    return part && this.unseal<T>(seal.unb64(part.sealed), part.epoch);
  }

  /** has says whether a part exists, readable or not. */
  has(name: string): boolean {
    return this.now.parts.some((p) => p.name === name);
  }

  /** locked says that a part exists which this tab has never seen: others wrote it, to a key that isn't here. */
  locked(name: string): boolean {
    const part = this.now.parts.find((p) => p.name === name);
    return part !== undefined && !this.keys.has(part.epoch) && !this.own.has(name);
  }

  /** version is the one of a part as this tab knows it; 0 when there is none. */
  version(name: string): number {
    return this.now.parts.find((p) => p.name === name)?.version ?? 0;
  }

  /** write seals a part over the version that was read; a newer one is a Refusal. What nobody could read here is never written over: that throws. A part with an act of its own goes through its own door, with what comes with it. */
  async write(name: string, value: object, door = "sealed", more: object = {}): Promise<void> {
    if (this.locked(name)) throw new Error(`${name} can't be read here`);
    const part = { name, version: this.version(name), epoch: this.now.epoch, sealed: seal.b64(await this.seal(value)) };
    await post(`${this.path}/${door}`, { ...part, ...more });
    this.now.parts = [...this.now.parts.filter((p) => p.name !== name), { ...part, version: part.version + 1 }];
    this.own.add(name);
  }

  seal(value: object): Promise<Uint8Array> {
    return seal.seal(seal.padJSON({ v: 1, ...value }), [this.now.recipient]);
  }

  get epoch(): number {
    return this.now.epoch;
  }

  async unseal<T>(file: Uint8Array, epoch: number): Promise<T | undefined> {
    if (this.keys.size === 0) this.keys = await ringKeys(this.path);
    const key = this.keys.get(epoch);
    if (!key) return undefined;
    return JSON.parse(new TextDecoder().decode(await seal.open(file, key))) as T;
  }
}

/** showTexts puts the words of every part that the page has a place for there. */
export async function showTexts(file: SealedCase, unreadable: string): Promise<void> {
  for (const place of document.querySelectorAll<HTMLElement>("[data-sealed-text]")) {
    const name = place.dataset.sealedText!;
    if (file.has(name)) place.textContent = (await file.read<{ text: string }>(name))?.text ?? unreadable;
  }
}

/** shut lets nothing be written in a form and says why; what it would write over can't be read here. */
export function shut(form: HTMLFormElement, why: string): void {
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | HTMLButtonElement>("input, textarea, select, button"))
    field.disabled = true;
  tell(form, why);
}
