// What one run of one MediaRecorder makes, as records of one part: the
// container's head first, then clusters split at minutes and at key frames.
import * as chunk from "./chunk.js";
import { Frames, type Held } from "./frames.js";
import { cluster, Demuxer, pictures, type Block } from "./webm.js";

/** A record that is ready to be kept and sent. */
export interface Sealed {
  seq: number;
  bytes: Uint8Array;
  hash: Uint8Array;
  end: number; // ms of the recording at which it ends
}

/** Times at which a piece came out of the encoder. */
export interface Arrival {
  mono: number; // ms since the recording began
  wall: number; // Unix ms
}

/** By how much a container's clock may run ahead of ours, in ms. */
const ahead = 500;

/**
 * What nobody may follow: all that comes while the room is hidden, and what was
 * made before it was shown again, whenever it is sealed.
 */
export class Veil {
  private on = false;
  private until = 0; // ms of the recording

  /** Hides from now on, or shows again what is made from mono on. */
  draw(on: boolean, mono: number): void {
    if (this.on && !on) this.until = mono + ahead;
    this.on = on;
  }

  /** Whether what begins at a time, and is sealed now, is hidden. */
  over(from: number): boolean {
    return this.on || from < this.until;
  }
}

/** A cluster stays far below the largest chunk. */
const enough = 2 << 20;

/** Two frames further apart than this, in ms, have a gap between them. */
const gap = 250;

/** How long a frame lasts when none came before it, in ms. */
const aFrame = 40;

/** Makes the records of a part. Calls of push must not overlap. */
export class Sealer {
  private readonly demuxer = new Demuxer();
  private readonly keys = new Map<number, Promise<CryptoKey>>();
  private readonly lastTime = new Map<number, number>(); // of each track of the container
  private readonly frame = new Map<number, number>(); // how long a frame of it lasts
  private pictures: Set<number> | undefined; // their numbers in the container
  private readonly frames = new Frames();
  private prev: Uint8Array | undefined;
  private seq = 0;
  private end: number;

  /**
   * started is when the MediaRecorder was told to start: its container's time 0,
   * to a frame, as the device runs already.
   */
  constructor(
    private readonly part: chunk.Part,
    private readonly codec: chunk.Codec,
    private readonly a: Uint8Array,
    private readonly b: Uint8Array,
    private readonly started: number,
    private readonly veil = new Veil(),
  ) {
    this.end = started;
  }

  /** Seals the next piece; with last, the part ends with it. */
  async push(piece: Uint8Array, at: Arrival, last: boolean): Promise<Sealed[]> {
    const blocks = this.demuxer.push(piece);
    const out: Sealed[] = [];
    if (this.seq === 0 && blocks.length) out.push(await this.record(this.demuxer.head!, this.started, this.started, chunk.flags.first, at));
    const groups = this.split(blocks);
    for (const [i, g] of groups.entries()) {
      const hidden = this.veil.over(g.from) ? chunk.flags.hidden : 0;
      const flags = (g.key ? chunk.flags.key : 0) | (last && i === groups.length - 1 ? chunk.flags.last : 0) | hidden;
      out.push(await this.record(cluster(g.blocks), g.from, g.to, flags, at));
    }
    if (last && !groups.length) {
      // An end is a record too, even of a recorder that gave nothing.
      const empty = this.seq === 0 ? chunk.flags.first : 0;
      out.push(await this.record(new Uint8Array(), this.end, this.end, empty | chunk.flags.last, at));
    }
    return out;
  }

  /** What the last seconds of the picture hold, where there is one. */
  held(): Held | undefined {
    return this.frames.held();
  }

  private split(blocks: Block[]): Group[] {
    const groups: Group[] = [];
    let now: Group | undefined;
    for (const b of blocks) {
      const mono = this.started + b.time; // sound and picture overlap, so it may lie before the end
      const length = this.lengthOf(b);
      const shows = this.shows(b);
      this.frames.see(b.time, shows);
      const begins = b.key && shows; // so that a player can begin there
      if (!now || begins || mono >= now.limit || now.size > enough) {
        // A record begins where the one before ended, unless frames are missing.
        const near: number = mono - this.end < gap ? this.end : mono;
        const from = Math.max(near, chunk.minuteOf(mono) * 60_000);
        now = { blocks: [], size: 0, key: begins || this.codec === 1, from, to: from, limit: (chunk.minuteOf(from) + 1) * 60_000 };
        groups.push(now);
      }
      now.blocks.push(b);
      now.size += b.body.length;
      now.to = Math.max(now.to, Math.min(mono + length, now.limit));
      this.end = now.to;
    }
    return groups;
  }

  private shows(b: Block): boolean {
    this.pictures ??= pictures(this.demuxer.head!);
    return this.pictures.has(b.track);
  }

  private lengthOf(b: Block): number {
    const before = this.lastTime.get(b.track);
    this.lastTime.set(b.track, b.time);
    if (before !== undefined && b.time > before && b.time - before < gap) this.frame.set(b.track, b.time - before);
    return this.frame.get(b.track) ?? aFrame;
  }

  private async record(plain: Uint8Array, from: number, to: number, flags: number, at: Arrival): Promise<Sealed> {
    const minute = chunk.minuteOf(from);
    const header: chunk.Header = {
      ...this.part,
      flags,
      codec: this.codec,
      seq: this.seq,
      minute,
      mono: from,
      wall: Math.round(at.wall - (at.mono - from)),
      duration: to - from,
      prev: this.prev ?? (await chunk.root(this.part)),
      length: 0,
    };
    const bytes = await chunk.sealRecord(header, await this.key(minute), plain);
    const hash = await chunk.sha256(bytes);
    this.prev = hash;
    this.seq++;
    return { seq: header.seq, bytes, hash, end: to };
  }

  private key(minute: number): Promise<CryptoKey> {
    let key = this.keys.get(minute);
    if (!key) {
      key = chunk.minuteShare(this.b, this.part.part, minute).then((half) => chunk.minuteKey(this.a, half, this.part, minute));
      this.keys.clear(); // the minute before is over
      this.keys.set(minute, key);
    }
    return key;
  }
}

interface Group {
  blocks: Block[];
  size: number;
  key: boolean;
  from: number;
  to: number;
  limit: number; // the minute's end
}
