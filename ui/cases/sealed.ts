// The sealed parts of a case file in this tab: fetched once the key is there,
// opened with it, and sealed again to the key of today.
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";

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
}

/** SealedCase is one case file's parts; open comes before everything else. */
export class SealedCase {
  private now: Opened = { parts: [], epoch: 0, recipient: "" };
  private keys = new Map<number, string>();

  constructor(private readonly path: string) {}

  /** open fetches every part. It is an act in the custody log. */
  async open(): Promise<void> {
    this.keys = await ringKeys(this.path);
    this.now = await post<Opened>(`${this.path}/sealed/open`);
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

  /** write seals a part over the version that was read; a newer one is a Refusal. */
  async write(name: string, value: object): Promise<void> {
    const file = await this.seal(value);
    const version = this.now.parts.find((p) => p.name === name)?.version ?? 0;
    await post(`${this.path}/sealed`, { name, version, epoch: this.now.epoch, sealed: seal.b64(file) });
    this.now = await post<Opened>(`${this.path}/sealed/open`);
  }

  seal(value: object): Promise<Uint8Array> {
    return seal.seal(seal.padJSON({ v: 1, ...value }), [this.now.recipient]);
  }

  get epoch(): number {
    return this.now.epoch;
  }

  async unseal<T>(file: Uint8Array, epoch: number): Promise<T | undefined> {
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

/** attempt does something and tells in box what went wrong; what was typed stays. */
export async function attempt(box: HTMLElement, failed: string, what: () => Promise<void>): Promise<void> {
  const problem = box.querySelector<HTMLElement>("[data-problem]")!;
  problem.hidden = true;
  try {
    await what();
  } catch (e) {
    problem.textContent = e instanceof Refusal && e.message ? e.message : failed;
    problem.hidden = false;
  }
}
