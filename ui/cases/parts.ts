// The sealed parts of a case file: names and notes, opened and sealed in this tab.
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

export class Parts {
  private readonly path: string;
  private opened: Opened = { parts: [], epoch: 0, recipient: "" };
  private keys = new Map<number, string>();

  constructor(private readonly root: HTMLElement) {
    this.path = root.dataset.case!;
  }

  listen(): void {
    const closed = this.root.querySelector<HTMLElement>("[data-closed]")!;
    closed.querySelector("[data-open]")!.addEventListener("click", () => void this.act(closed, () => this.open()));
    const note = this.root.querySelector<HTMLFormElement>("[data-note]")!;
    this.onSend(note, (text) => this.seal(this.nextNote(), text));
    for (const name of this.root.querySelectorAll<HTMLFormElement>("[data-name]")) {
      this.onSend(name, (text) => this.seal(name.dataset.name!, text));
    }
  }

  private onSend(form: HTMLFormElement, what: (text: string) => Promise<void>): void {
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.act(form, async () => {
        await what(String(new FormData(form).get("text")));
        if (form.matches("[data-note]")) form.reset();
      });
    });
  }

  /** act tells in box what went wrong; what was typed stays. */
  private async act(box: HTMLElement, what: () => Promise<void>): Promise<void> {
    const problem = box.querySelector<HTMLElement>("[data-problem]")!;
    problem.hidden = true;
    try {
      await what();
    } catch (e) {
      problem.textContent = e instanceof Refusal && e.message ? e.message : this.root.dataset.failed!;
      problem.hidden = false;
    }
  }

  private async open(): Promise<void> {
    this.keys = await ringKeys(this.path);
    await this.load();
    this.root.querySelector<HTMLElement>("[data-closed]")!.hidden = true;
    this.root.querySelector<HTMLElement>("[data-opened]")!.hidden = false;
  }

  private async load(): Promise<void> {
    this.opened = await post<Opened>(`${this.path}/sealed/open`);
    const notes: HTMLElement[] = [];
    for (const part of this.opened.parts) {
      const text = await this.read(part);
      if (part.name.startsWith("note/")) {
        const item = document.createElement("li");
        item.className = "card told";
        item.textContent = text;
        notes.push(item);
      }
      for (const place of document.querySelectorAll<HTMLElement>(`[data-sealed-text="${CSS.escape(part.name)}"]`)) place.textContent = text;
      const field = this.root.querySelector<HTMLInputElement>(`[data-name="${CSS.escape(part.name)}"] input`);
      if (field) field.value = text;
    }
    this.root.querySelector("[data-notes]")!.replaceChildren(...notes);
  }

  private async read(part: Part): Promise<string> {
    const key = this.keys.get(part.epoch);
    if (!key) return this.root.dataset.noKey!;
    return (JSON.parse(new TextDecoder().decode(await seal.open(seal.unb64(part.sealed), key))) as { text: string }).text;
  }

  private nextNote(): string {
    const numbers = this.opened.parts.map((p) => Number(/^note\/(\d+)$/.exec(p.name)?.[1] ?? 0));
    return `note/${Math.max(0, ...numbers) + 1}`;
  }

  private async seal(name: string, text: string): Promise<void> {
    const file = await seal.seal(seal.padJSON({ v: 1, text }), [this.opened.recipient]);
    const version = this.opened.parts.find((p) => p.name === name)?.version ?? 0;
    await post(`${this.path}/sealed`, { name, version, epoch: this.opened.epoch, sealed: seal.b64(file) });
    await this.load();
  }
}
