// Coming back with a receipt: everything is opened and sealed on this device.
import * as seal from "../seal/index.js";
import { reason } from "./patience.js";
import { call, Refusal, repaint, say, type DeskKey } from "./server.js";

/** Bound of one message, in bytes, below what the server takes sealed. */
const maxMessage = 128 * 1024;

interface Message {
  n: number;
  sender: string;
  sealed: string;
}

interface Dialogue {
  channel: string;
  name: string;
  moved: number; // day on which the channel got it from another, YYYYMMDD; 0 = never
  content: string;
  messages: Message[];
  key: { recipient?: string; fingerprint?: string };
}

export function comeBack(page: HTMLElement): void {
  const form = page.querySelector<HTMLFormElement>("form[data-return]")!;
  form.querySelector<HTMLElement>("[data-plain]")!.hidden = true;
  const status = form.querySelector("[data-status]");
  const button = form.querySelector("button")!;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    button.disabled = true;
    try {
      const receipt = await seal.parseReceipt(form.querySelector("textarea")!.value);
      if (!receipt) return say(status, form.dataset.misread!, "notice danger");
      say(status, form.dataset.working!);
      await repaint();
      const base = `/${form.dataset.lang}`;
      const { salt } = await call<DeskKey>(`${base}/key/none`);
      const talk = new Talk(page, base, await seal.derive(receipt, seal.unb64(salt)));
      await talk.load();
      form.remove();
      talk.show();
    } catch (e) {
      say(status, reason(e, form.dataset.failed!), "notice danger");
    } finally {
      button.disabled = false;
    }
  });
}

/** Talk is one opened dialogue. */
class Talk {
  private last = 0; // number of the newest message
  private own = ""; // its text, when the reporter wrote it
  private desk: Dialogue["key"] = {};
  private channel = "";
  private readonly box: HTMLElement;
  private readonly form: HTMLFormElement;

  constructor(
    page: HTMLElement,
    private readonly base: string,
    private readonly keys: seal.Keys,
  ) {
    this.box = page.querySelector<HTMLElement>("[data-dialogue]")!;
    this.form = this.box.querySelector<HTMLFormElement>("form")!;
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.write();
    });
  }

  private get ticket(): { lookup: string; proof: string } {
    return { lookup: seal.b64(this.keys.lookup), proof: seal.b64(this.keys.proof) };
  }

  async load(): Promise<void> {
    const d = await call<Dialogue>(`${this.base}/dialogue`, this.ticket);
    this.desk = d.key;
    this.channel = d.channel;
    this.tellWhere(d);
    this.box.querySelector("[data-story]")!.textContent = (await this.read<{ story: string }>(d.content)).story;
    const thread = this.box.querySelector<HTMLElement>("[data-thread]")!;
    const items = [];
    for (const m of d.messages) {
      const own = m.sender === "reporter";
      const item = document.createElement("li");
      if (own) item.className = "own";
      const who = document.createElement("small");
      who.textContent = (own ? thread.dataset.you : thread.dataset.desk)!;
      const text = document.createElement("div");
      text.className = "told";
      text.dir = "auto";
      text.textContent = (await this.read<{ text: string }>(m.sealed)).text;
      this.own = own ? text.textContent : "";
      item.append(who, text);
      items.push(item);
      this.last = m.n;
    }
    thread.replaceChildren(...items);
    this.box.querySelector<HTMLElement>("[data-none]")!.hidden = items.length > 0;
    this.form.hidden = !this.desk.recipient;
    this.box.querySelector<HTMLElement>("[data-closed]")!.hidden = !!this.desk.recipient;
  }

  /** tellWhere says in one line who has the report, when another channel handed it over. */
  private tellWhere(d: Dialogue): void {
    const line = this.box.querySelector<HTMLElement>("[data-moved]")!;
    line.hidden = d.moved === 0;
    const day = new Date(Date.UTC(Math.floor(d.moved / 10000), (Math.floor(d.moved / 100) % 100) - 1, d.moved % 100));
    const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(day);
    line.textContent = line.dataset.text!.replace("{channel}", d.name).replace("{day}", words);
  }

  private async read<T>(sealed: string): Promise<T> {
    const plain = await seal.open(seal.unb64(sealed), this.keys.identity);
    return JSON.parse(new TextDecoder().decode(plain)) as T;
  }

  show(): void {
    this.box.hidden = false;
    this.box.focus();
  }

  private async write(): Promise<void> {
    const area = this.form.querySelector("textarea")!;
    const status = this.form.querySelector("[data-status]");
    const button = this.form.querySelector("button")!;
    const text = area.value.trim();
    if (!text) return area.focus();
    if (new TextEncoder().encode(text).length > maxMessage) return say(status, this.form.dataset.long!, "notice danger");
    button.disabled = true;
    say(status, this.form.dataset.working!);
    try {
      await this.send(text);
      area.value = "";
      await this.load();
      say(status, this.form.dataset.sentText!, "notice good");
    } catch (e) {
      say(status, reason(e, this.form.dataset.failed!), "notice danger");
    }
    button.disabled = false;
  }

  private async send(text: string): Promise<void> {
    for (;;) {
      const sealed = await seal.seal(seal.padJSON({ v: 1, text }), [this.desk.recipient!, this.keys.recipient]);
      const body = { ...this.ticket, after: this.last, key: this.desk.fingerprint, sealed: seal.b64(sealed) };
      try {
        await call(`${this.base}/dialogue/message`, body);
        return;
      } catch (e) {
        if (!(e instanceof Refusal) || e.status !== 409) throw e;
        // Another desk key, or somebody wrote meanwhile: that may have been
        // ourselves, when an answer got lost.
        const before = this.channel;
        await this.load();
        if (this.own === text) return;
        // Another desk has it now: that is for the reporter to know before anything goes there.
        if (this.channel !== before) throw new Refusal(e.status, "fault.handed_over", this.form.dataset.movedOn!);
        if (e.key !== "fault.key_changed") throw e;
      }
    }
  }
}
