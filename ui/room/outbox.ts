// Marks, gaps and alarms on their way. Each lies on the own disk, a small file
// beside the records, until the server has it: who kills the browser meanwhile
// loses none, as any page of the house brings it (rescue.ts). Words in them are
// sealed already.
import { dropText, keepText, readText, textsOf, tokenOf } from "./disk.js";
import { state, type State } from "./server.js";
import { bearing } from "./uplink.js";

/** What is sent, and to which of a recording's routes. */
export interface Letter {
  to: "marks" | "gaps" | "alarms";
  body: Record<string, unknown>;
}

const ending = ".letter";
const patience = 2000;

/** Names of a page's letters sort by their time, after those of pages before it. */
let written = 0;
const nextName = (): string => `${Math.floor(performance.timeOrigin)}-${String(written++).padStart(6, "0")}${ending}`;

export class Outbox {
  private readonly queue: { letter: Letter; kept: Promise<string> }[] = [];
  private running: Promise<void> | undefined;
  private count = 0;

  /** refused is told of what the server will never take, with its reason. */
  constructor(
    private readonly recording: string,
    private readonly refused: (letter: Letter, why: string) => void,
  ) {}

  /** How many were put, once all of them are there. */
  get sent(): number | undefined {
    return this.queue.length ? undefined : this.count;
  }

  put(letter: Letter): void {
    this.count++;
    const name = nextName();
    // A disk that is full must not keep it from being sent.
    const kept = keepText(this.recording, name, JSON.stringify(letter)).then(() => name, () => "");
    this.queue.push({ letter, kept });
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Ends when all has been sent. */
  async empty(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    for (let next = this.queue[0], tried = false; next; ) {
      try {
        const no = await deliver(this.recording, next.letter, await next.kept, tried);
        if (no !== undefined) this.refused(next.letter, no);
        this.queue.shift();
        [next, tried] = [this.queue[0], false];
      } catch {
        tried = true; // a cut is waited out
        await new Promise((r) => setTimeout(r, patience));
      }
    }
  }
}

/** Sends what pages that are gone left; what the server refuses stays until the recording's copy goes. */
export async function bringLetters(recording: string): Promise<void> {
  for (const name of await textsOf(recording, ending)) {
    const text = await readText(recording, name);
    if (text) await deliver(recording, JSON.parse(text) as Letter, name, true);
  }
}

/**
 * Sends a letter, one page at a time; gives what the server says if it will
 * never take it, and throws where it may do so later. Was it tried before, the
 * server may have it though its answer was lost.
 */
function deliver(recording: string, letter: Letter, name: string, tried: boolean): Promise<string | undefined> {
  return navigator.locks.request(`verhaal/letters/${recording}`, async () => {
    if (name && (await readText(recording, name)) === undefined) return undefined; // another page brought it
    if (!tried || !isThere(letter, await state(recording))) {
      // Who holds no interview brings a gap with the token of its track.
      const shown = letter.to === "gaps" ? bearing(await tokenOf(recording, Number(letter.body.track), Number(letter.body.from)).catch(() => "")) : {};
      const r = await fetch(`/record/${recording}/${letter.to}`, { method: "POST", headers: { "Content-Type": "application/json", ...shown }, body: JSON.stringify(letter.body) });
      // Signed out, too much at once, or not well: later it may be taken.
      if (r.status === 401 || r.status === 429 || r.status >= 500) throw new Error(`${letter.to} answered ${r.status}`);
      if (!r.ok) return ((await r.json().catch(() => ({}))) as { text?: string }).text ?? "";
    }
    if (name) await dropText(recording, name);
    return undefined;
  });
}

function isThere({ to, body }: Letter, s: State): boolean {
  const same = (one: object) => Object.entries(one).every(([name, value]) => !(name in body) || body[name] === value);
  return to === "marks" ? s.marks.some(same) : to === "gaps" && s.gaps.some(same);
}
