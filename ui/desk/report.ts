// One report: opened, answered and, apart from it, who reported. Everything is
// unsealed in this tab.
import { Draft, type Sealer } from "../cases/draft.js";
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { HandOver } from "./hand_over.js";

interface Message {
  n: number;
  sender: string;
  epoch: number;
  sealed: string;
}

export interface Opened {
  epoch: number;
  content: string;
  reporter: string;
  messages: Message[];
  key: { epoch?: number; recipient?: string; fingerprint?: string };
}

/** Unreadable is a file that none of this member's keys opens. */
class Unreadable extends Error {}

export class Report {
  readonly path: string;
  readonly channel: string;
  private keys = new Map<number, string>();
  private opened: Opened | undefined;
  private draft: Draft | undefined; // of the answer

  constructor(private readonly root: HTMLElement) {
    this.channel = root.dataset.channel!;
    this.path = `/desk/${this.channel}/${root.dataset.id}`;
  }

  listen(): void {
    const open = this.find<HTMLButtonElement>("[data-open]");
    open.addEventListener("click", () => void this.act(open, this.find("[data-closed]"), () => this.open()));
    const identity = this.find<HTMLFormElement>("[data-identity]");
    this.onSend(identity, () => this.openIdentity(identity));
    const answer = this.root.querySelector<HTMLFormElement>("[data-answer]");
    if (answer) this.onSend(answer, () => this.answer(answer));
    const over = this.root.querySelector<HTMLFormElement>("[data-hand-over]");
    if (over) new HandOver(this, over).listen();
  }

  private find<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!;
  }

  /** onSend runs what when a form is sent, and tells in the form what went wrong. */
  onSend(form: HTMLFormElement, what: () => Promise<void>): void {
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.act(form.querySelector("button")!, form, what);
    });
  }

  /** act holds the button while it works and tells in box what went wrong; what was typed stays. */
  private async act(button: HTMLButtonElement, box: HTMLElement, what: () => Promise<void>): Promise<void> {
    const problem = box.querySelector<HTMLElement>("[data-problem]")!;
    problem.hidden = true;
    button.disabled = true;
    try {
      await what();
    } catch (e) {
      problem.className = "notice danger";
      problem.textContent = this.sentence(e);
      problem.hidden = false;
    }
    button.disabled = false;
  }

  private sentence(e: unknown): string {
    if (e instanceof Unreadable) return e.message;
    if (e instanceof Refusal && e.message) return e.message;
    return this.root.dataset.failed!;
  }

  /** unseal opens a file that was sealed to the desk's key of an epoch. */
  async unseal(sealed: string, epoch: number): Promise<Uint8Array> {
    const key = this.keys.get(epoch);
    if (!key) throw new Unreadable(this.root.dataset.noKey!);
    try {
      return await seal.open(seal.unb64(sealed), key);
    } catch {
      throw new Unreadable(this.root.dataset.wrongKey!);
    }
  }

  private async read<T>(sealed: string, epoch: number): Promise<T> {
    const plain = await this.unseal(sealed, epoch);
    try {
      return JSON.parse(new TextDecoder().decode(plain)) as T;
    } catch {
      throw new Unreadable(this.root.dataset.wrongKey!);
    }
  }

  private async open(): Promise<void> {
    this.keys = await ringKeys(`/desk/${this.channel}`);
    await this.load();
    const answer = this.root.querySelector<HTMLFormElement>("[data-answer]");
    if (answer && !this.draft) await this.keepAnswer(answer);
    this.find("[data-closed]").hidden = true;
    this.find("[data-opened]").hidden = false;
  }

  /** load fetches the report and shows it. */
  async load(): Promise<void> {
    const opened = await post<Opened>(`${this.path}/open`);
    const content = await this.read<{ story: string; answers?: Record<string, string> }>(opened.content, opened.epoch);
    this.opened = opened;
    this.find("[data-story]").textContent = content.story;
    const answers = this.find("[data-answers]");
    answers.replaceChildren(
      ...Object.entries(content.answers ?? {}).flatMap(([name, text]) => pair(answers.dataset[name] ?? name, text)),
    );
    await this.showThread();
  }

  private async showThread(): Promise<void> {
    const thread = this.find("[data-thread]");
    const items = [];
    for (const m of this.opened!.messages) {
      const item = document.createElement("li");
      if (m.sender === "desk") item.className = "own";
      const text = await this.read<{ text: string }>(m.sealed, m.epoch).catch(() => ({ text: thread.dataset.unreadable! }));
      const who = document.createElement("small");
      who.textContent = (m.sender === "desk" ? thread.dataset.desk : thread.dataset.reporter)!;
      item.append(who, told(text.text));
      items.push(item);
    }
    thread.replaceChildren(...items);
  }

  private async openIdentity(form: HTMLFormElement): Promise<void> {
    const given = new FormData(form);
    const got = await post<{ epoch: number; key: string; file: string }>(`${this.path}/identity`, {
      code: given.get("code"),
      reason: await this.sealForDesk(String(given.get("reason"))),
    });
    const desk = this.keys.get(got.epoch);
    if (!desk) throw new Unreadable(this.root.dataset.noKey!);
    const own = new TextDecoder().decode(await seal.open(seal.unb64(got.key), desk));
    const who = JSON.parse(new TextDecoder().decode(await seal.open(seal.unb64(got.file), own))) as Record<string, string>;
    const shown = this.find("[data-identity-shown]");
    const lines = [
      pair(shown.dataset.safe!, who.safe_contact),
      pair(shown.dataset.name!, who.name),
      pair(shown.dataset.contact!, who.contact),
    ].flat();
    if (lines.length === 0) shown.textContent = shown.dataset.none!;
    else shown.replaceChildren(...lines);
    form.remove();
    shown.hidden = false;
  }

  /** deskRecipient is the newest key of the desk that this member holds. */
  private async deskRecipient(): Promise<string> {
    const key = this.keys.get(Math.max(...this.keys.keys()));
    if (!key) throw new Unreadable(this.root.dataset.noKey!);
    return seal.recipientOf(key);
  }

  /** sealForDesk seals words that only this desk reads. */
  async sealForDesk(text: string): Promise<string> {
    return seal.b64(await seal.seal(seal.padJSON({ v: 1, text }), [await this.deskRecipient()]));
  }

  /** keepAnswer puts back what was written and not sent, and keeps what is typed from now on, sealed to the desk. */
  private async keepAnswer(form: HTMLFormElement): Promise<void> {
    const toDesk: Sealer = {
      epoch: Math.max(...this.keys.keys()),
      seal: async (value) => seal.seal(seal.padJSON({ v: 1, ...value }), [await this.deskRecipient()]),
      unseal: <T>(file: Uint8Array, epoch: number) => this.read<T>(seal.b64(file), epoch).catch(() => undefined),
    };
    this.draft = new Draft(form.querySelector("textarea")!, toDesk, this.path);
    await this.draft.follow(() => (form.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }

  private async answer(form: HTMLFormElement): Promise<void> {
    const area = form.querySelector("textarea")!;
    const text = area.value.trim();
    if (!text) return area.focus();
    try {
      await this.send(form, text);
    } catch (e) {
      // Somebody wrote meanwhile: show it above the draft that stays.
      if (e instanceof Refusal && e.key === "fault.answered_meanwhile") await this.load();
      throw e;
    }
    area.value = "";
    this.draft?.forget();
    form.querySelector<HTMLElement>("[data-draft]")!.hidden = true;
    await this.load();
    const said = form.querySelector<HTMLElement>("[data-problem]")!;
    said.className = "notice good";
    said.textContent = form.dataset.sent!;
    said.hidden = false;
  }

  private async send(form: HTMLFormElement, text: string): Promise<void> {
    for (let again = true; ; again = false) {
      const { key, reporter, messages } = this.opened!;
      if (!key.recipient) throw new Unreadable(form.dataset.closed!);
      const sealed = await seal.seal(seal.padJSON({ v: 1, text }), [reporter, key.recipient]);
      try {
        await post(`${this.path}/answer`, { after: messages.at(-1)?.n ?? 0, key: key.fingerprint, sealed: seal.b64(sealed) });
        return;
      } catch (e) {
        // The desk's key changed since the report was opened: seal to the new one.
        if (!again || !(e instanceof Refusal) || e.key !== "fault.key_changed") throw e;
        await this.open();
      }
    }
  }
}

function told(text: string): HTMLElement {
  const e = document.createElement("div");
  e.className = "told";
  e.dir = "auto";
  e.textContent = text;
  return e;
}

function pair(name: string, text: string | undefined): HTMLElement[] {
  if (!text) return [];
  const dt = document.createElement("dt");
  dt.textContent = name;
  const dd = document.createElement("dd");
  dd.append(told(text));
  return [dt, dd];
}
