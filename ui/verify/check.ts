// The check of an exported recording or an excerpt, without any key, in this
// browser: level 1 (records, chains, trees, the hashes of the manifest) and
// level 2 (signature, log). docs/chunk-format.md is the specification;
// internal/recording/proof/verify.go does the same in Go, and
// test/verify_test.go holds this to it.
import { hex, Tree } from "../audit/merkle.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Archive, Refused } from "./archive.js";
import { endOf, Follower, silence, slack, type Named } from "./follow.js";
import { Headed, loadHeads, type Heads } from "./heads.js";
import { decode, open, position, sealText } from "./log.js";
import { parseExcerpt, parseManifest, type Excerpt, type ExcerptTrack, type Manifest, type Track } from "./manifest.js";
import { lacking, minuteRuns, Picker, reaches, rootByPath, type Leaf } from "./pick.js";
import { Finding, Findings, say, sorted, type Level, type Result, type Said, type TrackResult } from "./result.js";
import { scan, sha256, type Item } from "./scan.js";

export interface Options {
  /** Public key of the log, "<origin>+<hash>+<key>"; "" takes the one that came along. */
  logKey: string;
  /** Told how many bytes of how many were read. */
  tell: (done: number, all: number) => void;
  /** Ends the check: it throws the signal's reason. */
  signal: AbortSignal;
}

/** What was checked, and what only a page shows of it. */
export interface Checked {
  result: Result;
  logKey: string; // that the signature was checked with; "" if none was there
  own: boolean; // it came along
  stamped: boolean; // an authority's timestamp came along, and was not checked
}

const trackNames = ["main", "audio-safe", "overview", "exhibit"];

/** Checks an archive. Throws Refused when nothing can be checked. */
export async function check(file: Blob, o: Options): Promise<Checked> {
  const archive = await Archive.open(file);
  const text = await archive.read("manifest.json", 8 << 20);
  if (!text) throw new Refused("no_recording");
  const c = new Check(archive, o);
  const m = parseManifest(text);
  if ("code" in m) {
    c.out.fault(new Finding(1, "seal", say("manifest"), m));
    c.why[2] = c.why[3] = say("why_no_manifest");
    c.tested[1] = true;
  } else {
    await c.all(m, text);
  }
  return { result: c.close(), logKey: c.vkey, own: c.own, stamped: archive.names().includes("manifest.tsr") };
}

class Check {
  readonly out = new Findings();
  readonly why: (Said | undefined)[] = [];
  readonly tested: boolean[] = [];
  vkey = "";
  own = false;
  private readonly result: Result = { what: "recording", sound: false, levels: [], tracks: [], faults: [], notes: [] };
  private done = 0;
  private heads: Heads = new Map(); // that stand in the log

  constructor(
    private readonly archive: Archive,
    private readonly o: Options,
  ) {}

  async all(m: Manifest, text: Uint8Array): Promise<void> {
    this.tested[1] = true;
    const digest = hex(await sha256(text));
    this.result.recording = m.recording;
    this.result.seal = { manifest: digest, started: m.started, ended: m.ended, pack: `${m.pack.name} ${m.pack.version}`, log: m.log, signed: false };
    const list = await this.archive.read("excerpt.json");
    const excerpt = list && parseExcerpt(list, m);
    if (list && !excerpt) throw new Refused("excerpt");
    await this.signature(m, digest);
    await this.beside(m);
    this.strangers(m, excerpt);
    for (const t of excerpt ? excerpt.tracks : m.tracks) {
      if ("path" in t) await this.cut(m, excerpt!, t);
      else await this.whole(m, t);
    }
    if (excerpt) {
      [this.result.what, this.result.seal.minutes] = ["excerpt", excerpt.minutes];
      for (const t of m.tracks) if (!excerpt.tracks.some((x) => x.track === t.track)) this.out.note(new Finding(1, "open", say("track_out")).on(t.track));
    }
    const keys = this.archive.names().some((n) => n === "keys.json" || n === "release.json");
    this.why[3] = keys ? say("why_keys_unused") : say("why_no_keys");
  }

  /** The seal's signature and its place in the log. */
  private async signature(m: Manifest, digest: string): Promise<void> {
    const own = await this.archive.read("log/key");
    if (!this.o.logKey && !own) {
      this.why[2] = say("why_no_log_key");
      return;
    }
    this.own = !this.o.logKey;
    this.vkey = (this.o.logKey || decode(own!)).trim();
    if (this.own) this.out.note(new Finding(2, "open", say("own_key", { key: this.vkey })));
    if (this.archive.names().includes("manifest.tsr")) this.out.note(new Finding(2, "open", say("stamp")));
    this.tested[2] = true;
    const wrong = (...says: Said[]): void => this.out.fault(new Finding(2, "log", ...says));
    const signature = await this.archive.read("manifest.sig");
    if (!signature) return wrong(say("no_signature"));
    const note = open(signature, this.vkey);
    if ("code" in note) return wrong(say("signature"), note);
    if (note.name !== m.log || note.text !== sealText(m.recording, digest, m.log)) return wrong(say("signed_other"));
    this.result.seal!.signed = true;
    const [leaf, proof] = [await this.archive.read("log/leaf.json"), await this.archive.read("log/manifest.tlog-proof")];
    if (!leaf || !proof) {
      this.why[2] = say("why_no_proof");
      return;
    }
    const place = position(proof, leaf, digest, this.vkey);
    if (!("index" in place)) return wrong(...place);
    this.result.seal!.position = place.index;
    this.heads = loadHeads(await this.archive.read("log/heads.json"), m, place, this.out);
  }

  /** The small files that the manifest names by their hash, and the time between parts. */
  private async beside(m: Manifest): Promise<void> {
    const marks = await this.archive.read("marks.json");
    if (!marks && m.marks.count > 0) this.out.note(new Finding(1, "open", say("no_marks", { count: m.marks.count })));
    if (marks && hex(await sha256(marks)) !== m.marks.hash) this.out.fault(new Finding(1, "seal", say("other_marks")));
    const over = Math.max(0, m.ended - m.started);
    for (const t of m.tracks) {
      const last = t.parts.reduce((end, p) => Math.max(end, p.to), 0);
      if (last > over + slack) this.out.note(new Finding(1, "clock", say("goes_on", { seconds: Math.floor((last - over) / 1000) })).on(t.track).times(over, last));
      let end = t.parts[0]!.to; // of all parts before: they may overlap
      for (const s of t.parts) {
        const p = { track: t.track, part: s.part };
        const file = shareFile(p);
        const share = await this.archive.read(file);
        if (share && hex(await sha256(share)) !== s.share_a) this.out.fault(new Finding(1, "seal", say("other_share", { file })).at(p));
        const off = s.wall_from - s.from - m.started;
        if (Math.abs(off) > slack) this.out.note(new Finding(1, "clock", say("clock_off", { ms: (off < 0 ? "" : "+") + off })).at(p).times(s.from, s.from + 1));
        if (s.from > end + slack) {
          const found = new Findings();
          silence(found, p, m.gaps, end, s.from);
          this.out.join(found);
        }
        end = Math.max(end, s.to);
      }
    }
  }

  /** Files that belong to no part of the proof: of records that the manifest, or the excerpt, does not know, and of all else. */
  private strangers(m: Manifest, e?: Excerpt): void {
    const known = new Set(proofFiles);
    for (const t of m.tracks) for (const p of t.parts) known.add(shareFile({ track: t.track, part: p.part })).add(`heads/${t.track}-${p.part}.webm`);
    for (const t of (e ?? m).tracks) for (const p of t.parts) known.add(fileOf({ track: t.track, part: p.part }));
    const unchecked = this.archive.names().sort().filter((file) => {
      if (known.has(file)) return false;
      const records = file.endsWith(".vhc") && !file.includes("/");
      if (records) this.out.fault(new Finding(1, "foreign", say("stranger", { file })));
      return !records;
    });
    if (unchecked.length) this.result.unchecked = unchecked;
  }

  /** Every record of a track. */
  private async whole(m: Manifest, t: Track): Promise<void> {
    const result = trackResult(t.track, t.parts.length, t.parts[0]!.from, t.parts.at(-1)!.to);
    const tree = new Tree();
    let sound = true;
    for (const s of t.parts) {
      const part = { recording: m.recording, track: t.track, part: s.part };
      const [f, heads] = [new Follower(part, s, m.gaps), new Headed(part, s, this.heads)];
      await this.read(part, (i) => {
        if (!f.take(i)) return;
        tree.add(i.hash);
        heads.take(i);
      });
      f.finish();
      sound &&= f.faults.length === 0;
      this.out.join(f);
      if (f.faults.length === 0) heads.untold();
      this.held(heads);
      [result.records, result.bytes] = [result.records + f.records, result.bytes + f.bytes];
    }
    if (sound && hex(tree.root()) !== t.root) this.out.fault(new Finding(1, "root", say("root")).on(t.track));
    this.result.tracks.push(result);
  }

  /** The records of a track that an excerpt has. */
  private async cut(m: Manifest, e: Excerpt, t: ExcerptTrack): Promise<void> {
    const sealed = m.tracks.find((x) => x.track === t.track)!;
    const result = trackResult(t.track, t.parts.length, 0, 0);
    const outside = e.minutes.filter((m) => !sealed.parts.some((s) => reaches(s, m)));
    for (const run of minuteRuns(outside)) this.out.note(new Finding(1, "missing", say("nothing_then")).on(t.track).times(...run));
    const leaves: Leaf[] = [];
    const minutes = new Set(e.minutes);
    const cut = new Map(t.parts.map((p) => [p.part, p.records]));
    let [begin, sound] = [0, true];
    for (const s of sealed.parts) {
      const part = { recording: m.recording, track: t.track, part: s.part };
      const listed = cut.get(s.part);
      if (listed) {
        const [f, heads] = [new Picker(part, s, minutes, listed, m.gaps), new Headed(part, s, this.heads)];
        await this.read(part, (i) => {
          if (!f.take(i)) return;
          heads.take(i);
          leaves.push({ number: begin + i.h.seq, hash: i.hash });
          if (result.records === 0) result.from = i.h.mono;
          [result.records, result.bytes, result.to] = [result.records + 1, result.bytes + i.raw.length, endOf(i.h)];
        });
        f.finish();
        sound &&= f.faults.length === 0;
        this.out.join(f);
        this.held(heads);
      } else {
        lacking(this.out, part, e.minutes.filter((m) => reaches(s, m)));
      }
      begin += s.records;
    }
    if (sound && rootByPath(begin, leaves, t.path.map(hexToBytes)) !== sealed.root) this.out.fault(new Finding(1, "root", say("root_cut")).on(t.track));
    this.result.tracks.push(result);
  }

  /** Adds what the heads of a part showed. */
  private held(heads: Headed): void {
    heads.finish();
    this.out.join(heads);
    if (heads.agreed) this.result.seal!.heads = (this.result.seal!.heads ?? 0) + heads.agreed;
  }

  /** Gives the items of a part's file; a file that is not there has none. */
  private async read(p: Named, take: (i: Item) => void): Promise<void> {
    const stream = this.archive.stream(fileOf(p));
    if (!stream) return;
    const all = this.archive.names().filter((n) => n.endsWith(".vhc")).reduce((n, name) => n + this.archive.size(name), 0);
    const tell = (bytes: number): void => this.o.tell((this.done += bytes), all);
    for await (const items of scan(stream, tell)) {
      this.o.signal.throwIfAborted();
      items.forEach(take);
    }
  }

  /** Puts the result together. */
  close(): Result {
    const r = this.result;
    [r.faults, r.notes] = [sorted(this.out.faults), sorted(this.out.notes)];
    r.sound = r.faults.length === 0;
    for (const level of [1, 2, 3]) {
      const l: Level = { level, state: "passed", why: this.why[level] };
      if (r.faults.some((f) => f.level === level)) [l.state, l.why] = ["failed", undefined];
      else if (!this.tested[level]) l.state = "not_checked";
      else if (l.why) l.state = "incomplete";
      r.levels.push(l);
    }
    return r;
  }
}

/** What belongs to the proof, beside what each part has. */
const proofFiles = [
  "manifest.json", "manifest.sig", "manifest.tsr", "marks.json", "excerpt.json", "keys.json", "release.json",
  "log/key", "log/leaf.json", "log/manifest.tlog-proof", "log/heads.json",
];

const shareFile = (p: { track: number; part: number }): string => `shares/${p.track}-${p.part}.age`;
const fileOf = (p: { track: number; part: number }): string => `${p.track}-${p.part}.vhc`;

function trackResult(track: number, parts: number, from: number, to: number): TrackResult {
  return { track, name: trackNames[track]!, parts, records: 0, bytes: 0, from, to, opened: 0 };
}

