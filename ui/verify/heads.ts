// The heads of minutes that the log took down while a recording ran, held
// against its records: level 2. As internal/recording/proof/heads.go does.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hex } from "../audit/merkle.js";
import { endOf, type Named } from "./follow.js";
import { holds, type Place as InLog } from "./log.js";
import { parseHeads, type Manifest, type Part } from "./manifest.js";
import { Finding, Findings, say, type Said } from "./result.js";
import type { Rec } from "./scan.js";

/** A record that the log took down. */
interface Head {
  seq: number;
  hash: string;
}

/** Heads by part, each by number. */
export type Heads = Map<string, Head[]>;

/** How long the end of a part may be, in ms, before it is noted that no head speaks of it. */
const unspoken = 120_000;

const nameOf = (p: { track: number; part: number }): string => `track_${p.track}_part_${p.part}`;
const form = /^track_([0-3])_part_(0|[1-9][0-9]{0,4})$/;

/** Checks log/heads.json: each act must stand in the log, before the seal. Tells what is wrong. */
export function loadHeads(bytes: Uint8Array | undefined, m: Manifest, seal: InLog, out: Findings): Heads {
  const heads: Heads = new Map();
  const wrong = (said: Said): void => out.fault(new Finding(2, "log", said));
  const acts = bytes ? parseHeads(bytes) : [];
  if (!acts) {
    wrong(say("heads_unreadable"));
    return heads;
  }
  if (acts.length === 0) out.note(new Finding(2, "open", say("no_heads")));
  let before = -1;
  for (const { index, leaf, path } of acts) {
    const found = read(leaf, m.recording);
    if (!found) wrong(say("heads_other", { index }));
    else if (index <= before || index >= seal.index) wrong(say("heads_late", { index }));
    else if (!holds(seal, utf8ToBytes(leaf), index, path.map(hexToBytes))) wrong(say("heads_not_in_log", { index }));
    else {
      before = index;
      for (const [name, head] of found) heads.set(name, [...(heads.get(name) ?? []), head]);
    }
  }
  const sealed = new Set(m.tracks.flatMap((t) => t.parts.map((p) => nameOf({ track: t.track, part: p.part }))));
  for (const [name, list] of heads) {
    list.sort((a, b) => a.seq - b.seq);
    const [, track, part] = form.exec(name)!.map(Number) as [number, number, number];
    if (!sealed.has(name)) out.fault(new Finding(2, "rewritten", say("head_part")).at({ track, part }));
  }
  return heads;
}

/** What an act of heads of this recording says of parts; undefined if it is none. */
function read(leaf: string, recording: string): [string, Head][] | undefined {
  const act = object(json(leaf));
  const [facts, hashes] = [object(act?.facts) ?? {}, object(act?.hashes) ?? {}];
  if (act?.kind !== "recording.heads" || ![...Object.values(facts), ...Object.values(hashes)].every((v) => typeof v === "string")) return undefined;
  const salt = (facts.salt as string | undefined) ?? "";
  if (hashes.recording !== hex(hmac(sha256, hexToBytes(recording), utf8ToBytes(salt)))) return undefined;
  const out: [string, Head][] = [];
  for (const [name, hash] of Object.entries(hashes) as [string, string][]) {
    const place = form.exec(name);
    if (!place) continue;
    const seq = /^(0|[1-9][0-9]{0,9})$/.test((facts[name] as string | undefined) ?? "") ? Number(facts[name]) : Infinity;
    if (Number(place[2]) > 0xffff || seq > 0xffffffff || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
    out.push([name, { seq, hash }]);
  }
  return out;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const object = (v: unknown): Record<string, unknown> | undefined => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : undefined);

/** Holds the records of a part, as they come, against its heads. */
export class Headed extends Findings {
  agreed = 0;
  private readonly heads: Head[]; // still to come
  private readonly any: boolean; // heads came along, of this part or another
  private next = 0; // number of the record after the one before
  private from = 0; // number of the first record that no head speaks of yet
  private begin: number; // ms at which it begins
  private wrong?: { finding: Finding; later: number }; // the first head that differs, and how many after it do

  constructor(
    private readonly part: Named,
    private readonly sealed: Part,
    heads: Heads,
  ) {
    super();
    this.heads = [...(heads.get(nameOf(part)) ?? [])];
    this.any = heads.size > 0;
    this.begin = sealed.from;
  }

  /** Looks at a record that stands in its place. */
  take({ h, hash }: Rec): void {
    if (h.seq !== this.next) {
      this.settle();
      [this.from, this.begin] = [h.seq, h.mono];
    }
    this.next = h.seq + 1;
    for (; this.heads[0] && this.heads[0].seq <= h.seq; this.heads.shift()) {
      const [head] = this.heads as [Head];
      if (head.seq < h.seq) continue; // not there, or not in the excerpt
      if (head.hash === hex(hash)) {
        this.settle();
        this.agreed++;
      } else {
        this.differs(new Finding(2, "rewritten", say("head_other", { seq: h.seq })).count(this.from, h.seq).times(this.begin, endOf(h)));
      }
      [this.from, this.begin] = [h.seq + 1, endOf(h)];
    }
  }

  /** Keeps the first of the heads that differ: records are chained, so that those after it must. */
  private differs(found: Finding): void {
    if (this.wrong) this.wrong.later++;
    else this.wrong = { finding: found.at(this.part), later: 0 };
  }

  private settle(): void {
    if (!this.wrong) return;
    const { finding, later } = this.wrong;
    if (later > 0) finding.says.push(say("head_more", { count: later }));
    this.fault(finding);
    this.wrong = undefined;
  }

  /** Notes that no head speaks of a long end of the part, where others do. */
  untold(): void {
    const { records, to } = this.sealed;
    if (this.any && to >= this.begin + unspoken) this.note(new Finding(2, "open", say("head_untold")).at(this.part).count(this.from, records - 1).times(this.begin, to));
  }

  /** Looks for records that the log has and the seal has not. */
  finish(): void {
    const { records, to } = this.sealed;
    for (const { seq } of this.heads) {
      if (seq >= records) this.differs(new Finding(2, "rewritten", say("head_beyond", { seq })).count(records, seq).times(to, to + 1));
    }
    this.settle();
  }
}
