// Checks an excerpt: that its records are those that were sealed, in their
// places, and that nothing of its minutes was left out. As
// internal/recording/proof/excerpt_check.go and tree.go do.
import { equal, hex, interior, leafHash } from "../audit/merkle.js";
import { recordSize, type Header } from "../room/chunk.js";
import { belongs, endOf, silence, slack, type Named } from "./follow.js";
import type { Gap, Part } from "./manifest.js";
import { Finding, Findings, say, type Kind, type Said } from "./result.js";
import type { Item, Rec } from "./scan.js";

const minuteMS = 60_000;

/** Whether a part reaches over a minute. */
export const reaches = (s: Part, minute: number): boolean => minute * minuteMS < s.to && s.from < (minute + 1) * minuteMS;

/** The stretches of ascending minutes that follow each other, in ms. */
export function* minuteRuns(minutes: number[]): Generator<[number, number]> {
  for (let [i, j] = [0, 0]; i < minutes.length; i = j) {
    for (j = i + 1; j < minutes.length && minutes[j] === minutes[j - 1]! + 1; ) j++;
    yield [minutes[i]! * minuteMS, (minutes[j - 1]! + 1) * minuteMS];
  }
}

/** Reports the minutes that an excerpt names, and of which it has nothing of a part that reaches over them. */
export function lacking(out: Findings, p: Named, minutes: number[]): void {
  for (const run of minuteRuns(minutes)) out.fault(new Finding(1, "missing", say("lacking")).at(p).times(...run));
}

/** Checks the records of a part in an excerpt one after the other. */
export class Picker extends Findings {
  private runs: [number, number][]; // still to come; the first begins with the next record
  private inside = false; // the record before belongs to the same run
  private head: Uint8Array = new Uint8Array();
  private last?: Header;
  private lost = 0;
  private ahead: number[]; // minutes of the excerpt in this part that no record showed yet, the last first
  private readonly lacks: number[] = []; // minutes of which nothing is here

  constructor(
    private readonly part: Named,
    private readonly sealed: Part,
    private readonly minutes: ReadonlySet<number>, // of the excerpt, ascending
    runs: [number, number][],
    private readonly gaps: Gap[],
  ) {
    super();
    this.runs = runs.map(([from, to]) => [from, to]);
    this.ahead = [...minutes].filter((m) => reaches(sealed, m)).reverse();
  }

  private get end(): number {
    return this.last ? endOf(this.last) : 0;
  }

  private wrong(kind: Kind, said: Said): Finding {
    return new Finding(1, kind, said).at(this.part);
  }

  private one(kind: Kind, h: Header, said: Said): Finding {
    return this.wrong(kind, said).count(h.seq, h.seq).times(h.mono, endOf(h));
  }

  private wants(h: Header): boolean {
    return this.minutes.has(h.minute);
  }

  /** Gives a finding the place of the next record as near as the excerpt tells. */
  private where(found: Finding, to: number): Finding {
    const from = this.last ? this.end : [...this.minutes][0]! * minuteMS;
    return found.count(this.runs[0]![0], to).times(from, from + 1);
  }

  take(i: Item): i is Rec {
    if ("lost" in i) {
      this.lost += i.lost;
      return false;
    }
    const { h } = i;
    if (!belongs(h, this.part)) {
      const args = { recording: h.recording, track: h.track, part: h.part };
      this.fault(this.wrong("foreign", say("foreign_there", args)).times(this.end, this.end + 1));
      return false;
    }
    if (!this.runs[0] || h.seq < this.runs[0][0]) {
      this.fault(this.one("added", h, say("unlisted_or_twice")));
      return false;
    }
    if (!i.whole) {
      this.lost += recordSize(h.length);
      return false;
    }
    if (h.seq !== this.runs[0][0] && !this.skip(h)) return false;
    if (this.lost > 0) {
      this.fault(this.one("added", h, say("bytes_before", { bytes: this.lost })));
      this.lost = 0;
    }
    if (this.inside && this.last && !equal(h.prev, this.head)) {
      this.fault(this.wrong("changed", say("exchanged")).count(h.seq - 1, h.seq - 1).times(this.last.mono, this.end));
    }
    if (!this.inside && h.seq > 0 && this.wants(h)) this.fault(this.one("missing", h, say("left_before")));
    if (this.inside && this.last && h.mono > this.end + slack) silence(this, this.part, this.gaps, this.end, h.mono);
    this.show(h);
    this.step(h, i.hash);
    if (!this.inside && h.seq + 1 < this.sealed.records && this.wants(h)) this.fault(this.one("missing", h, say("left_after")));
    return true;
  }

  /** Takes the minutes off that h shows: its own, and those between it and the record that it follows, in which nothing was recorded. */
  private show(h: Header): void {
    while (this.ahead.length > 0 && this.ahead.at(-1)! <= h.minute) {
      const minute = this.ahead.pop()!;
      if (minute < h.minute && !(this.inside && this.last!.minute < minute)) this.lacks.push(minute);
    }
  }

  /** Moves on to the record after h. */
  private step(h: Header, hash: Uint8Array): void {
    [this.head, this.last] = [hash, h];
    this.inside = h.seq < this.runs[0]![1];
    if (this.inside) this.runs[0]![0] = h.seq + 1;
    else this.runs.shift();
  }

  /** Reports the records that should stand before h, if h is listed at all. */
  private skip(h: Header): boolean {
    const at = this.runs.findIndex(([from, to]) => from <= h.seq && h.seq <= to);
    if (at < 0) {
      this.fault(this.one("added", h, say("unlisted")));
      return false;
    }
    const [kind, said]: [Kind, Said] = this.lost > 0 ? ["changed", say("bytes_there", { bytes: this.lost })] : ["missing", say("missing")];
    this.lost = 0;
    const to = at > 0 && h.seq === this.runs[at]![0] ? this.runs[at - 1]![1] : h.seq - 1;
    this.fault(this.where(this.wrong(kind, said), to));
    this.runs.splice(0, at);
    [this.runs[0]![0], this.inside] = [h.seq, false];
    return true;
  }

  finish(): void {
    if (this.runs.length > 0) this.fault(this.where(this.wrong("cut", say("missing")), this.runs.at(-1)![1]));
    else if (this.lost > 0) this.fault(this.wrong("added", say("end_lost", { bytes: this.lost })).times(this.end, this.end + 1));
    if (this.faults.length === 0) lacking(this, this.part, [...this.lacks, ...this.ahead.reverse()]);
  }
}

/** A record whose place in its track's tree is known. */
export interface Leaf {
  number: number;
  hash: Uint8Array;
}

/** The root of a tree of size leaves of which only some, ascending, and a path are known; undefined if the path does not fit. */
export function rootByPath(size: number, leaves: Leaf[], path: Uint8Array[]): string | undefined {
  let used = 0;
  const walk = (lo: number, hi: number, from: number, to: number): Uint8Array => {
    if (from === to) return path[used++] ?? new Uint8Array(32);
    if (hi - lo === 1) return leafHash(leaves[from]!.hash);
    const mid = lo + split(hi - lo);
    let cut = from;
    while (cut < to && leaves[cut]!.number < mid) cut++;
    const left = walk(lo, mid, from, cut);
    return interior(left, walk(mid, hi, cut, to));
  };
  if (leaves.length === 0 || leaves.at(-1)!.number >= size) return undefined;
  const root = walk(0, size, 0, leaves.length);
  return used === path.length ? hex(root) : undefined;
}

/** The largest power of two smaller than n (RFC 6962 section 2.1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
