// The recorder's other half: encrypt, keep on the own disk, send, in this
// order. It runs beside the page, so that nothing on the page can hold it up.
import { bytesToHex } from "@noble/hashes/utils.js";
import { acknowledged, keyOf } from "./ack.js";
import { Kept } from "./disk.js";
import type { Alive, FromWorker, Progress, ToWorker } from "./protocol.js";
import { Sealer, Veil } from "./sealer.js";
import { Uplink, type Trouble } from "./uplink.js";

const say = (message: FromWorker | Alive): void => (self as unknown as { postMessage(m: FromWorker | Alive): void }).postMessage(message);

/** One part while it is made. */
class Line {
  private readonly sealer: Sealer;
  private readonly kept: Promise<Kept>;
  private readonly uplink: Uplink;
  private readonly progress: Progress;
  private turn: Promise<void> = Promise.resolve();
  /** What the own disk did not take waits here for the server: the recording goes on. */
  private readonly held = new Map<number, Uint8Array>();
  private full = false; // the own disk gave up; a later record would leave a hole in the file
  private broken = false;
  private trouble: Trouble = ""; // of the way to the server

  constructor(m: ToWorker & { do: "part" }) {
    this.sealer = new Sealer(m.part, m.codec, m.a, m.b, m.started, veil);
    this.kept = Kept.create(m.part, m.token);
    const { track, part } = m.part;
    this.progress = { track, part, kept: 0, acked: 0, waiting: 0, trouble: "" };
    const key = keyOf(m.logKey);
    this.uplink = new Uplink(
      m.part,
      m.token,
      (ack) => !key || acknowledged(m.part, ack, key),
      async (w) => this.held.get(w.seq) ?? (await this.kept).read(w.at, w.length),
      (acked, trouble) => {
        if (acked) {
          this.progress.acked = acked.end;
          for (const seq of this.held.keys()) if (seq <= acked.seq) this.held.delete(seq);
        }
        this.trouble = trouble;
        this.tell();
      },
    );
    this.kept.catch(() => (this.full = true));
  }

  /** Pieces take their turn: the chain has one order. */
  push(m: ToWorker & { do: "piece" }): void {
    this.turn = this.turn.then(() => this.take(m)).catch(() => this.fail());
  }

  hurry(): void {
    this.uplink.hurry();
  }

  private async take(m: ToWorker & { do: "piece" }): Promise<void> {
    if (this.broken) return;
    const kept = await this.kept.catch(() => undefined);
    for (const r of await this.sealer.push(new Uint8Array(m.bytes), { mono: m.mono, wall: m.wall }, m.last)) {
      let at = -1;
      try {
        if (!kept || this.full) throw new Error("the file would have a hole");
        at = kept.append(r.bytes);
        this.progress.kept = r.end;
      } catch {
        this.full = true;
        this.held.set(r.seq, r.bytes);
      }
      this.uplink.add({ seq: r.seq, at, length: r.bytes.length, hash: bytesToHex(r.hash), end: r.end });
    }
    this.tell();
    if (m.last) void this.finish();
  }

  private async finish(): Promise<void> {
    await this.uplink.drained();
    working.delete(this);
    const { track, part, acked } = this.progress;
    say({ said: "ended", track, part, end: acked });
    await this.kept.then((kept) => kept.close(), () => undefined);
  }

  private tell(): void {
    this.progress.waiting = this.uplink.waiting;
    this.progress.picture = this.sealer.held();
    this.progress.trouble = this.trouble || (this.full ? "disk" : "");
    say({ said: "progress", progress: { ...this.progress } });
  }

  /** The encoder gave what no part can hold: the page begins the next part. */
  private fail(): void {
    if (this.broken) return;
    this.broken = true;
    say({ said: "fault", track: this.progress.track, what: "container" });
    void this.finish();
  }
}

const veil = new Veil();
const lines = new Map<number, Line>(); // by track: the part that is made now
const working = new Set<Line>(); // and those of which something waits

say({ said: "alive" });
setInterval(() => say({ said: "alive" }), 1000);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.do === "part") {
    const line = new Line(data);
    lines.set(data.part.track, line);
    working.add(line);
  } else if (data.do === "piece") lines.get(data.track)?.push(data);
  else if (data.do === "veil") veil.draw(data.on, data.mono);
  else for (const line of working) line.hurry();
};
