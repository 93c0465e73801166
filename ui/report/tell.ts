// Telling: seal the form's fields on this device, send until the server says
// that they are received, show the receipt once.
import * as seal from "../seal/index.js";
import { keepReceipt } from "./receipt.js";
import { pause, reason } from "./patience.js";
import { call, Refusal, repaint, say, type DeskKey } from "./server.js";
import { work } from "../seal/work.js";

/** Bound of all that is written, in bytes, well below what the server takes sealed. */
const maxTold = 256 * 1024;

const answers = ["where", "when", "who", "others"];

interface Received {
  proof: string;
}

/** Draft is what leads back to a report; it stays the same however often the report is sent. */
interface Draft {
  receipt: seal.Receipt;
  keys: seal.Keys;
}

export function tell(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("[data-plain]")!.hidden = true;
  form.querySelector<HTMLElement>("[data-scripted]")!.hidden = false;
  const report = new Report(form);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    void report.send();
  });
}

/** Report is the one report of this page, on its way. */
class Report {
  private draft: Draft | undefined;
  private busy = false;
  private readonly status: Element;
  private readonly again: HTMLButtonElement;
  private readonly base: string;

  constructor(private readonly form: HTMLFormElement) {
    this.status = form.querySelector("[data-status]")!;
    this.again = form.querySelector<HTMLButtonElement>("[data-again]")!;
    this.base = `/${form.dataset.lang}`;
  }

  async send(): Promise<void> {
    if (this.busy) return;
    const told = new FormData(this.form);
    const problem = !text(told, "story") ? "empty" : size(told) > maxTold ? "long" : "";
    say(this.form.querySelector("[data-problem]"), this.form.dataset[problem] ?? "", "notice danger");
    if (problem) return this.form.querySelector("textarea")!.focus();
    this.hold(true);
    try {
      const proof = await this.deliver(told);
      await this.show(proof);
    } catch (e) {
      say(this.status, reason(e, this.form.dataset.failed!), "notice danger");
      this.hold(false);
    }
  }

  /** hold keeps what is being sent from changing; it can still be read and copied. */
  private hold(on: boolean): void {
    this.busy = on;
    for (const field of this.form.elements) {
      if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) field.readOnly = on;
    }
    this.form.querySelector("button")!.setAttribute("aria-disabled", String(on));
  }

  /** deliver seals and sends until the report is received; rejects when it can't be received as it is. */
  private async deliver(told: FormData): Promise<string> {
    let body: object | undefined;
    for (let failures = 0; ; ) {
      try {
        body ??= await this.prepare(told);
        // The same bytes go again, so that an answer that got lost does no harm.
        say(this.status, this.form.dataset.sending!);
        return (await call<Received>(`${this.base}/report`, body)).proof;
      } catch (e) {
        if (e instanceof Refusal && e.status === 409) {
          // Another desk key: seal again under the same receipt. Any other
          // conflict: the receipt is taken, by nobody but ourselves.
          if (e.key !== "fault.key_changed") this.draft = undefined;
          body = undefined;
          continue;
        }
        if (e instanceof Refusal && !e.passing) throw e;
        say(this.status, this.form.dataset.waiting!, "notice warn");
        await pause(failures++, this.again);
      }
    }
  }

  private async prepare(told: FormData): Promise<object> {
    const key = await call<DeskKey>(`${this.base}/key/${text(told, "channel")}`);
    if (!this.draft) {
      await this.step("deriving");
      const receipt = seal.newReceipt();
      this.draft = { receipt, keys: await seal.derive(receipt, seal.unb64(key.salt)) };
    }
    await this.step("sealing");
    const report = await sealed(told, key, this.draft.keys, this.form.dataset.lang!);
    if (key.work.bits > 0) await this.step("proving");
    const nonce = await work(key.work.challenge, this.draft.keys.lookup, key.work.bits);
    return { ...report, work: { challenge: key.work.challenge, nonce } };
  }

  private async step(name: string): Promise<void> {
    say(this.status, this.form.dataset[name]!);
    await repaint();
  }

  private async show(proof: string): Promise<void> {
    const page = this.form.parentElement!.querySelector<HTMLElement>("[data-sent]")!;
    page.querySelector("[data-proof]")!.textContent = proof;
    await keepReceipt(page, this.draft!.receipt, this.form.dataset.lang!);
    this.form.remove();
    this.draft = undefined;
    page.hidden = false;
    scrollTo(0, 0);
    page.focus({ preventScroll: true });
  }
}

function text(told: FormData, name: string): string {
  return String(told.get(name) ?? "").trim();
}

function size(told: FormData): number {
  return new TextEncoder().encode([...told.values()].join("")).length;
}

async function sealed(told: FormData, key: DeskKey, keys: seal.Keys, lang: string): Promise<object> {
  const own = await seal.newIdentity();
  const given = Object.fromEntries(answers.map((q) => [q, text(told, q)]).filter(([, v]) => v));
  const who: Record<string, unknown> = { v: 1 };
  for (const name of ["name", "contact", "safe_contact"]) if (text(told, name)) who[name] = text(told, name);
  const content = await seal.seal(seal.padJSON({ v: 1, story: text(told, "story"), answers: given }), [key.recipient, keys.recipient]);
  const identity = await seal.seal(seal.padJSON(who), [own.recipient]);
  const identityKey = await seal.seal(new TextEncoder().encode(own.identity), [key.recipient]);
  return {
    channel: key.channel,
    epoch: key.epoch,
    key: seal.fingerprint(key.recipient),
    lang,
    facts: {
      danger: text(told, "danger") || "unknown",
      age: text(told, "age") || "unknown",
      about_self: text(told, "about_self") || "unknown",
      kinds: told.getAll("kind").map(String),
      language: text(told, "language"),
    },
    lookup: seal.b64(keys.lookup),
    proof: seal.b64(keys.proof),
    reporter: keys.recipient,
    content: seal.b64(content),
    identity_key: seal.b64(identityKey),
    identity: seal.b64(identity),
  };
}
