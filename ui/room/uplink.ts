// Sends a part's records in order and counts as safe only what the server
// acknowledged with the same hash.
import { concatBytes } from "@noble/hashes/utils.js";
import type { Ack } from "./ack.js";
import type { Part } from "./chunk.js";

/** A record that waits for its acknowledgement. */
export interface Waiting {
  seq: number;
  at: number;
  length: number;
  hash: string;
  end: number; // ms of the recording
}

/**
 * Why nothing goes through at the moment; or never will: "closed" as the recording
 * is sealed, "damage" as the server found this part's file damaged.
 */
export type Trouble = "" | "offline" | "refused" | Never;
type Never = "conflict" | "damage" | "closed";

/** How a server refuses what comes after a recording was sealed. */
export const sealedAlready = "room.fault.over";
const never: Partial<Record<string, Never>> = { [sealedAlready]: "closed", "room.fault.part_over": "damage" };

/** Shows that we are the recorder of a part. */
export const bearing = (token: string): Record<string, string> => ({ "Part-Token": token });

/** Bytes in one request at most, unless one record is larger. */
const batch = 2 << 20;
const patience = 20_000;

/** One part's way to the server. It never gives up, and never overwrites. */
export class Uplink {
  private readonly queue: Waiting[] = [];
  private running = false;
  private over = false;
  private pause = 0;
  private wake: (() => void) | undefined;
  private idle: (() => void)[] = [];

  constructor(
    private readonly part: Part,
    private readonly token: string,
    private readonly signed: (ack: Ack) => boolean,
    private readonly read: (w: Waiting) => Promise<Uint8Array>,
    private readonly report: (acked: Waiting | undefined, trouble: Trouble) => void,
  ) {}

  add(w: Waiting): void {
    this.queue.push(w);
    if (!this.running && !this.over) void this.run();
  }

  /** Bytes that no server has yet. */
  get waiting(): number {
    return this.queue.reduce((n, w) => n + w.length, 0);
  }

  /** Ends when everything added so far is acknowledged, or never will be. */
  drained(): Promise<void> {
    return this.queue.length && !this.over ? new Promise((done) => this.idle.push(done)) : Promise.resolve();
  }

  /** The network is back: don't wait for the next try. */
  hurry(): void {
    this.wake?.();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.queue.length) {
      const trouble = await this.send();
      if (!trouble) {
        this.pause = 0;
        continue;
      }
      this.report(undefined, trouble);
      if (trouble !== "offline" && trouble !== "refused") {
        this.over = true; // its bytes stay on this disk: for the auditor, or to be handed over
        break;
      }
      this.pause = Math.min(this.pause * 2 || 250, 4000);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.pause);
        this.wake = () => (clearTimeout(timer), resolve());
      });
    }
    this.running = false;
    if (!this.queue.length || this.over) for (const done of this.idle.splice(0)) done();
  }

  private async send(): Promise<Trouble> {
    const going: Waiting[] = [];
    for (let size = 0; going.length < this.queue.length; ) {
      const next = this.queue[going.length]!;
      if (going.length && size + next.length > batch) break;
      going.push(next);
      size += next.length;
    }
    const path = `/record/${this.part.recording}/${this.part.track}/${this.part.part}`;
    try {
      const r = await fetch(`${path}/${going[0]!.seq}`, {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream", Accept: "application/json", ...bearing(this.token) },
        body: concatBytes(...(await Promise.all(going.map((w) => this.read(w))))) as BodyInit,
        signal: AbortSignal.timeout(patience),
      });
      if (r.ok || r.status === 409) {
        const said = (await r.json()) as Ack & { error?: string };
        const trouble = this.settle(said, r.ok);
        return trouble && (never[said.error ?? ""] ?? trouble);
      }
      return r.status < 500 && r.status !== 429 ? "refused" : "offline";
    } catch {
      return "offline";
    }
  }

  /** Takes what the server says it has; it must be what we made. */
  private settle(ack: Ack, taken: boolean): Trouble {
    const known = this.queue.findIndex((w) => w.seq === ack.seq);
    if (known < 0) {
      // A server that lost its unacknowledged end wants less than we began with.
      return ack.seq < this.queue[0]!.seq ? "conflict" : "refused";
    }
    const last = this.queue[known]!;
    if (last.hash !== ack.head) return "conflict";
    if (taken && !this.signed(ack)) return "refused";
    this.queue.splice(0, known + 1);
    this.report(last, "");
    return "";
  }
}
