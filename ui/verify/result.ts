// What a check finds, in the shape of internal/recording/proof/result.go. What
// a finding says is kept as the names of sentences until a language is chosen.

export interface Span {
  from: number;
  to: number;
}

/** A sentence of the page by its name, and what stands in its gaps. */
export interface Said {
  code: string;
  args: Record<string, string | number>;
}

export const say = (code: string, args: Said["args"] = {}): Said => ({ code, args });

/** The kinds of findings, as in Go. */
export type Kind = "changed" | "missing" | "cut" | "moved" | "replayed" | "foreign" | "added" | "clock" | "hole" | "declared" | "root" | "seal" | "log" | "rewritten" | "stamp" | "open";

/** Where a part lies. */
export interface Place {
  track: number;
  part: number;
}

const minuteMS = 60_000;

/** One thing that was found, and where. */
export class Finding {
  track?: number;
  part?: number;
  records?: Span;
  minutes?: Span;
  readonly says: Said[];

  constructor(
    readonly level: number,
    public kind: Kind,
    ...says: Said[]
  ) {
    this.says = says;
  }

  at(p: Place): this {
    [this.track, this.part] = [p.track, p.part];
    return this;
  }

  on(track: number): this {
    this.track = track;
    return this;
  }

  count(from: number, to: number): this {
    this.records = { from, to };
    return this;
  }

  /** The minutes of [from, to) in ms. */
  times(from: number, to: number): this {
    const first = Math.floor(from / minuteMS);
    this.minutes = { from: first, to: Math.max(first, Math.floor((to - 1) / minuteMS)) };
    return this;
  }
}

/** Most findings of one part. */
const most = 50;

/** Collects what is found in a part, or in what belongs to none. */
export class Findings {
  faults: Finding[] = [];
  notes: Finding[] = [];
  more = 0;

  fault(f: Finding): void {
    if (this.faults.length === most) this.more++;
    else this.faults.push(f);
  }

  note(f: Finding): void {
    if (this.notes.length < most) this.notes.push(f);
  }

  join(other: Findings): void {
    this.faults.push(...other.faults);
    this.notes.push(...other.notes);
  }
}

export type State = "passed" | "failed" | "incomplete" | "not_checked";

export interface Level {
  level: number;
  state: State;
  why?: Said; // when it is incomplete or was not checked
}

export interface TrackResult {
  track: number;
  name: string;
  parts: number;
  records: number;
  bytes: number;
  from: number; // ms of the recording
  to: number;
  opened: number; // records that were decrypted: here none
}

export interface SealResult {
  manifest: string; // SHA-256
  started: number; // Unix ms
  ended: number; // Unix ms
  pack: string;
  log: string;
  signed: boolean;
  position?: number; // of the act in the log, when that was checked
  minutes?: number[]; // of an excerpt
  heads?: number; // of minutes, that the log took down while it ran, and that agree
}

export interface Result {
  what: "recording" | "excerpt";
  recording?: string;
  sound: boolean; // no fault was found in what was checked
  levels: Level[];
  tracks: TrackResult[];
  faults: Finding[];
  notes: Finding[];
  seal?: SealResult;
  unchecked?: string[]; // files that lie beside the records and that nothing holds to them
}

const ranks = (f: Finding): number[] => [
  f.track === undefined ? 0 : f.track + 1,
  f.part === undefined ? 0 : f.part + 1,
  f.minutes?.from ?? 0,
  f.records?.from ?? 0,
];

/** Brings findings into the order of tracks, parts and records. */
export function sorted(found: Finding[]): Finding[] {
  return [...found].sort((a, b) => {
    const [x, y] = [ranks(a), ranks(b)];
    return x.map((n, i) => n - y[i]!).find((d) => d !== 0) ?? 0;
  });
}

/** The result as `verhaal verify recording --json` prints it; tell gives sentences in English. */
export function toJSON(r: Result, tell: (says: Said[]) => string): string {
  const findings = (list: Finding[]) =>
    list.map((f) => ({ level: f.level, kind: f.kind, track: f.track, part: f.part, records: f.records, minutes: f.minutes, what: tell(f.says) }));
  const levels = r.levels.map((l) => ({ level: l.level, state: l.state, why: l.why && tell([l.why]) }));
  const { what, recording, sound, tracks, seal, unchecked } = r;
  return JSON.stringify({ what, recording, sound, levels, tracks, faults: findings(r.faults), notes: findings(r.notes), seal, unchecked }, null, 1) + "\n";
}
