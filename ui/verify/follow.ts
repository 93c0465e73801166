// Follows the records of a part one after the other: framing, chain and times,
// as internal/recording/proof/follow.go does. Needs no key.
import { sha256 as plain } from "@noble/hashes/sha2.js";
import { equal, hex } from "../audit/merkle.js";
import { flags, recordSize, rootText, type Header } from "../room/chunk.js";
import { timeOf } from "../room/time.js";
import type { Gap, Part } from "./manifest.js";
import { Finding, Findings, say, type Kind, type Place, type Said } from "./result.js";
import type { Item, Rec } from "./scan.js";

/** How far two times may lie apart that should be one, in ms: the slice of a recorder that is late. */
export const slack = 1500;
/** By how much the wall clock may move against the monotonic one from one record to the next, in ms. */
const jump = 1000;

/** Records that were not there when the next one came. */
interface Hole {
  from: number; // numbers
  to: number;
  begin: number;
  end: number;
  last?: Uint8Array; // hash of the record number to, by the one after
  lost: number; // bytes in their place
}

/** A recording's part. */
export interface Named extends Place {
  recording: string;
}

export const endOf = (h: Header): number => h.mono + h.duration;
export const belongs = (h: Header, p: Named): boolean => h.recording === p.recording && h.track === p.track && h.part === p.part;
const signed = (ms: number): string => (ms < 0 ? "" : "+") + ms;

/** Reports a stretch without media, as a note if somebody declared why. */
export function silence(out: Findings, p: Place, gaps: Gap[], from: number, to: number): void {
  const args = { from: timeOf(from), to: timeOf(to) };
  const gap = declared(gaps, p.track, from, to);
  if (gap) out.note(new Finding(1, "declared", say("declared", { ...args, reason: gap.reason })).at(p).times(from, to));
  else out.fault(new Finding(1, "hole", say("hole", args)).at(p).times(from, to));
}

function declared(gaps: Gap[], track: number, from: number, to: number): Gap | undefined {
  return gaps.find((g) => g.track === track && g.from <= from + slack && to <= g.to + slack);
}

export class Follower extends Findings {
  records = 0;
  bytes = 0;
  private next = 0; // number of the next record
  private head: Uint8Array;
  private sure = true; // head is the hash of record next-1, as it lies here
  private first?: Header;
  private last?: Header;
  private holes: Hole[] = [];
  private lost = 0; // bytes that are no record, not reported yet
  private doubt?: Finding; // the record before is to blame, unless this one turns out changed itself
  private foreign?: { finding: Finding; more: number }; // a run of foreign records

  constructor(
    private readonly part: Named,
    private readonly sealed: Part,
    private readonly gaps: Gap[],
  ) {
    super();
    this.head = plain(rootText(part));
  }

  private get end(): number {
    return this.last ? endOf(this.last) : this.sealed.from;
  }

  private wrong(kind: Kind, ...says: Said[]): Finding {
    return new Finding(1, kind, ...says).at(this.part);
  }

  private one(kind: Kind, h: Header, said: Said): Finding {
    return this.wrong(kind, said).count(h.seq, h.seq).times(h.mono, endOf(h));
  }

  /** Whether an item is the next record of the part, unaltered as far as can be told now. */
  take(i: Item): i is Rec {
    if ("lost" in i) {
      this.lost += i.lost;
      return false;
    }
    const { h } = i;
    if (!i.whole) {
      this.damaged(h);
      return false;
    }
    if (!belongs(h, this.part)) {
      this.stranger(h);
      return false;
    }
    this.endStrangers();
    [this.records, this.bytes] = [this.records + 1, this.bytes + i.raw.length];
    if (h.seq < this.next) {
      this.late(h, i.hash);
      return false;
    }
    if (h.seq > this.next) {
      this.holes.push({ from: this.next, to: h.seq - 1, begin: this.end, end: h.mono, last: h.prev, lost: this.lost });
      this.sure = false;
    } else if (this.lost > 0 && this.sure) {
      this.fault(this.one("added", h, say("lost_before", { bytes: this.lost })));
    } else if (this.lost > 0) {
      this.sure = false;
    }
    this.lost = 0;
    this.link(h);
    this.moment(h);
    this.step(h);
    [this.head, this.sure] = [i.hash, true];
    return true;
  }

  /** Holds a record's prev against the record before. */
  private link(h: Header): void {
    if (!this.sure || equal(h.prev, this.head)) return this.settle();
    // Two broken links in a row: the record between them was changed, and what it
    // says of the one before is no testimony.
    this.doubt = undefined;
    if (!this.last) this.fault(this.one("changed", h, say("begin")));
    else this.doubt = this.one("changed", this.last, say("exchanged"));
  }

  /** Reports the record that a broken link put in doubt. */
  private settle(): void {
    if (this.doubt) this.fault(this.doubt);
    this.doubt = undefined;
  }

  /** Checks the times of a record against the one before. */
  private moment(h: Header): void {
    if (!this.last || !this.sure) return;
    if (h.mono < this.end) this.fault(this.one("clock", h, say("overlap", { ms: this.end - h.mono })));
    else if (h.mono - this.end > slack) silence(this, this.part, this.gaps, this.end, h.mono);
    const d = h.wall - h.mono - (this.last.wall - this.last.mono);
    if (Math.abs(d) <= jump) return;
    const found = this.one("clock", h, say("jump", { ms: signed(d) }));
    if (declared(this.gaps, this.part.track, h.mono, h.mono)) this.note(found);
    else this.fault(found);
  }

  /** Takes a record whose bytes were changed where it stands. */
  private damaged(h: Header): void {
    if (!belongs(h, this.part) || h.seq !== this.next || (this.last && h.mono < this.end)) {
      this.lost += recordSize(h.length); // the change hit the header: it says nothing
      return;
    }
    this.settle();
    this.fault(this.one("changed", h, say("changed")));
    this.step(h);
    this.sure = false;
  }

  private step(h: Header): void {
    this.first ??= h;
    [this.last, this.next] = [h, h.seq + 1];
  }

  /** Takes a record that belongs elsewhere. */
  private stranger(h: Header): void {
    if (this.foreign) {
      this.foreign.more++;
      return;
    }
    const args = { recording: h.recording, track: h.track, part: h.part, seq: h.seq, minute: h.minute };
    const said = this.next === 0 ? say("foreign_first", args) : say("foreign", { ...args, after: this.next - 1 });
    this.foreign = { finding: this.wrong("foreign", said).times(this.end, this.end + 1), more: 0 };
  }

  private endStrangers(): void {
    if (!this.foreign) return;
    const { finding, more } = this.foreign;
    if (more > 0) finding.says.push(say("foreign_more", { count: more }));
    this.fault(finding);
    this.foreign = undefined;
  }

  /** Takes a record whose place is behind. */
  private late(h: Header, hash: Uint8Array): void {
    const at = this.holes.findIndex((o) => o.from <= h.seq && h.seq <= o.to);
    if (at < 0) return this.fault(this.one("replayed", h, say("replayed", { after: this.next - 1 })));
    const [o] = this.holes.splice(at, 1) as [Hole];
    this.fault(this.one("moved", h, say("moved", { after: this.next - 1 })));
    if (h.seq === o.to && o.last && !equal(hash, o.last)) this.fault(this.one("changed", h, say("exchanged")));
    if (o.from < h.seq) this.holes.push({ from: o.from, to: h.seq - 1, begin: o.begin, end: h.mono, lost: 0 });
    if (h.seq < o.to) this.holes.push({ from: h.seq + 1, to: o.to, begin: endOf(h), end: o.end, last: o.last, lost: 0 });
  }

  /** Checks what only the end of the file shows. */
  finish(): void {
    this.endStrangers();
    for (const o of this.holes) {
      const said = o.lost === 0 ? say("missing") : say(o.from === o.to ? "lost_one" : "lost_many", { bytes: o.lost });
      this.fault(this.wrong(o.lost > 0 ? "changed" : "missing", said).count(o.from, o.to).times(o.begin, o.end));
    }
    this.compare(this.sealed);
    if (this.more > 0) this.faults.push(this.wrong("changed", say("more", { count: this.more })));
  }

  /** Holds the part against its line of the manifest. */
  private compare(s: Part): void {
    const { end } = this;
    if (this.next < s.records) {
      this.settle();
      const said = this.next === 0 ? say("none") : this.lost > 0 ? say("tail_lost", { bytes: this.lost }) : say("tail_gone");
      this.fault(this.wrong("cut", said).count(this.next, s.records - 1).times(Math.min(end, s.to), s.to));
    } else if (this.next > s.records) {
      this.settle();
      this.fault(this.wrong("added", say("unsealed")).count(s.records, this.next - 1).times(s.to, end));
    } else if (this.sure && this.last && hex(this.head) !== s.head) {
      this.fault(this.one("changed", this.last, say("last")));
    } else {
      this.settle();
      if (this.lost > 0) this.fault(this.wrong("added", say("end_lost", { bytes: this.lost })).times(end, end + 1));
      if (this.faults.length === 0 && !this.agrees(s)) this.fault(this.wrong("seal", say("sizes")));
    }
  }

  /** Whether the manifest's line tells the truth of sound records. */
  private agrees(s: Part): boolean {
    const [first, last] = [this.first!, this.last!];
    return (
      this.bytes === s.bytes && first.mono === s.from && first.wall === s.wall_from && endOf(last) === s.to && last.wall === s.wall_to &&
      last.codec === s.codec && ((last.flags & flags.last) !== 0) === s.finished
    );
  }
}
