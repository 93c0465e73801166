// Telling: seal the form's fields on this device, send until the server says
// that they are received, show the receipt once.
import * as seal from "../seal/index.js";
import { call, Refusal, repaint, say, type DeskKey } from "./server.js";
import { work } from "./work.js";

/** Bounds of what can be sent at once, in bytes; the server holds the same. */
const maxTold = 256 * 1024;

const answers = ["where", "when", "who", "others"];

interface Received {
  proof: string;
}

/** Draft is one report on its way: its receipt and keys stay the same however often it is sent. */
interface Draft {
  receipt: seal.Receipt;
  keys: seal.Keys;
}

export function tell(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("[data-scripted]")!.hidden = false;
  const status = form.querySelector("[data-status]");
  const button = form.querySelector<HTMLButtonElement>("button:not([type=button])")!;
  let draft: Draft | undefined;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const told = new FormData(form);
    const story = text(told, "story");
    if (!story) return say(status, form.dataset.empty!, "notice danger");
    if (new Blob([...told.values()].map(String)).size > maxTold) return say(status, form.dataset.long!, "notice danger");
    button.disabled = true;
    try {
      say(status, form.dataset.working!);
      await repaint();
      const sent = await send(form, told, () => draft, (d) => (draft = d), () => say(status, form.dataset.waiting!, "notice warn"));
      say(status, "");
      await show(form, sent.draft, sent.proof);
    } catch (e) {
      say(status, e instanceof Refusal && e.text ? e.text : form.dataset.failed!, "notice danger");
    }
    button.disabled = false;
  });
}

function text(told: FormData, name: string): string {
  return String(told.get(name) ?? "").trim();
}

/** send tries until the report is received; what can't be received as it is rejects. */
async function send(
  form: HTMLFormElement,
  told: FormData,
  known: () => Draft | undefined,
  keep: (d: Draft) => void,
  wait: () => void,
): Promise<{ draft: Draft; proof: string }> {
  const base = `/${form.dataset.lang}`;
  const channel = text(told, "channel");
  for (let pause = 1000; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      const key = await call<DeskKey>(`${base}/key/${channel}`);
      let draft = known();
      if (!draft) {
        const receipt = seal.newReceipt();
        draft = { receipt, keys: await seal.derive(receipt, seal.unb64(key.salt)) };
        keep(draft);
      }
      const body = await sealed(form, told, key, draft.keys);
      for (let sending = pause; ; sending = Math.min(sending * 2, 30_000)) {
        try {
          const { proof } = await call<Received>(`${base}/report`, body);
          return { draft, proof };
        } catch (e) {
          // The same bytes go again, so that an answer that got lost does no harm.
          if (e instanceof Refusal && !e.passing) throw e;
          wait();
          await sleep(sending);
        }
      }
    } catch (e) {
      if (e instanceof Refusal && e.key === "fault.key_changed") continue;
      if (e instanceof Refusal && !e.passing) throw e;
      if (e instanceof Refusal && e.key === "fault.channel_closed") throw e;
      wait();
      await sleep(pause);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
    addEventListener("online", () => done(), { once: true });
  });
}

async function sealed(form: HTMLFormElement, told: FormData, key: DeskKey, keys: seal.Keys): Promise<unknown> {
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
    lang: form.dataset.lang,
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
    work: { challenge: key.work.challenge, nonce: await work(key.work.challenge, keys.lookup, key.work.bits) },
  };
}

/** show puts the receipt in the form's place; "I kept it" takes it away again. */
async function show(form: HTMLFormElement, draft: Draft, proof: string): Promise<void> {
  const page = form.parentElement!.querySelector<HTMLElement>("[data-sent]")!;
  page.querySelector("[data-proof]")!.textContent = proof;
  const box = page.querySelector<HTMLElement>("[data-receipt]");
  if (box) {
    const words = await seal.receiptWords(draft.receipt, form.dataset.lang!).catch(() => []);
    if (words.length === 0) box.querySelector<HTMLElement>("[data-words-block]")!.hidden = true;
    box.querySelector("[data-words]")!.replaceChildren(...words.flatMap((w) => [element("span", w), " "]));
    box.querySelector("[data-digits]")!.textContent = seal.receiptDigits(draft.receipt);
    keeping(page, box, words.join(" ") || seal.receiptDigits(draft.receipt));
  }
  form.remove();
  page.hidden = false;
  page.focus();
  scrollTo(0, 0);
}

function keeping(page: HTMLElement, box: HTMLElement, receipt: string): void {
  const copy = page.querySelector<HTMLButtonElement>("[data-copy]")!;
  const print = page.querySelector<HTMLButtonElement>("[data-print]")!;
  const kept = page.querySelector<HTMLButtonElement>("[data-kept]")!;
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(receipt);
    copy.textContent = copy.dataset.copied!;
  });
  print.addEventListener("click", () => window.print());
  kept.addEventListener("click", () => {
    for (const part of [box, copy, print, kept]) part.remove();
    page.querySelector<HTMLElement>("[data-after]")!.hidden = false;
  });
}

function element(name: string, text: string): HTMLElement {
  const e = document.createElement(name);
  e.textContent = text;
  return e;
}
