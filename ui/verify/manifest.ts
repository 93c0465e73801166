// The manifest of a seal and the list of an excerpt: only their canonical
// spelling (RFC 8785), and nothing that a check could not rely on.
// internal/recording/proof/manifest.go and excerpt_check.go say the same in Go.
import { codecs } from "../room/chunk.js";
import { say, type Said } from "./result.js";

export interface Part {
  part: number;
  codec: number;
  records: number;
  bytes: number;
  from: number; // ms of the recording
  to: number;
  wall_from: number; // Unix ms
  wall_to: number;
  finished: boolean;
  head: string;
  share_a: string;
  share_b: string;
}

export interface Track {
  track: number;
  parts: Part[];
  root: string;
}

export interface Gap {
  track: number;
  from: number;
  to: number;
  reason: string;
}

export interface Manifest {
  v: number;
  recording: string;
  started: number;
  ended: number;
  pack: { name: string; version: string };
  tracks: Track[];
  gaps: Gap[];
  marks: { count: number; hash: string };
  log: string;
}

export interface ExcerptTrack {
  track: number;
  parts: { part: number; records: [number, number][] }[];
  path: string[];
}

export interface Excerpt {
  v: number;
  recording: string;
  minutes: number[];
  tracks: ExcerptTrack[];
}

type Shape = ((v: unknown) => boolean) | readonly [Shape] | { readonly [name: string]: Shape };

const upTo =
  (most: number, least = 0) =>
  (v: unknown): boolean =>
    Number.isSafeInteger(v) && (v as number) >= least && (v as number) <= most;
const text = (v: unknown): boolean => typeof v === "string";
const truth = (v: unknown): boolean => typeof v === "boolean";
const digits = (n: number) => (v: unknown): boolean => typeof v === "string" && v.length === n && /^[0-9a-f]*$/.test(v);
const [hash, id] = [digits(64), digits(32)];
const [u8, u16, u32, u53] = [upTo(0xff), upTo(0xffff), upTo(0xffffffff), upTo(Number.MAX_SAFE_INTEGER)];
const whole = upTo(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);

const partShape = { part: u16, codec: u8, records: u32, bytes: u53, from: u53, to: u53, wall_from: u53, wall_to: u53, finished: truth, head: hash, share_a: hash, share_b: hash };
const manifestShape: Shape = {
  v: whole, recording: id, kind: text, level: text, started: whole, ended: whole, room_empty: truth,
  pack: { name: text, version: text, hash: text, decision: hash },
  roles: [{ role: text, person: text }],
  tracks: [{ track: u8, parts: [partShape], root: hash }],
  gaps: [{ track: u8, from: u53, to: u53, reason: text }],
  marks: { count: whole, hash },
  deviations: [{ rule: text, by: text, at: whole }],
  software: text, log: text,
};
const run = (v: unknown): boolean => Array.isArray(v) && v.length === 2 && v.every(u32);
const headsShape: Shape = { v: whole, acts: [{ index: whole, leaf: text, path: [hash] }] };
const excerptShape: Shape = { v: whole, recording: id, minutes: [u32], tracks: [{ track: u8, parts: [{ part: u16, records: [run] }], path: [hash] }] };

/** An act of the log with its path, of log/heads.json. */
export interface LoggedAct {
  index: number;
  leaf: string;
  path: string[];
}

function fits(v: unknown, shape: Shape): boolean {
  if (typeof shape === "function") return shape(v);
  if (Array.isArray(shape)) return Array.isArray(v) && v.every((x) => fits(x, shape[0] as Shape));
  if (typeof v !== "object" || v === null || Array.isArray(v)) return false;
  const want = shape as { readonly [name: string]: Shape };
  return Object.keys(v).every((k) => Object.hasOwn(want, k)) && Object.entries(want).every(([k, s]) => Object.hasOwn(v, k) && fits((v as Record<string, unknown>)[k], s));
}

/** Canonical JSON (RFC 8785) of what fits a shape: whole numbers, texts, lists, objects. */
function canonical(v: unknown): string {
  if (Array.isArray(v)) return `[${v.map(canonical).join()}]`;
  if (typeof v !== "object" || v === null) return JSON.stringify(v);
  return `{${Object.keys(v).sort().map((k) => JSON.stringify(k) + ":" + canonical((v as Record<string, unknown>)[k])).join()}}`;
}

/** JSON of this shape, or undefined. */
function parse<T>(bytes: Uint8Array, shape: Shape): { value: T; spelling: string } | undefined {
  try {
    const spelling = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(spelling);
    return fits(value, shape) ? { value: value as T, spelling } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a manifest, or says why it is none. */
export function parseManifest(bytes: Uint8Array): Manifest | Said {
  const read = parse<Manifest>(bytes, manifestShape);
  if (!read) return say("manifest.json");
  const m = read.value;
  if (m.v !== 1) return say("manifest.version", { version: m.v });
  if (!possible(m)) return say("manifest.order");
  return canonical(m) === read.spelling ? m : say("manifest.spelling");
}

const rising = (numbers: number[]): boolean => numbers.every((n, i) => i === 0 || numbers[i - 1]! < n);

function possible(m: Manifest): boolean {
  return (
    rising(m.tracks.map((t) => t.track)) &&
    m.tracks.every((t) => t.track <= 3 && t.parts.length > 0 && rising(t.parts.map((p) => p.part))) &&
    m.tracks.every((t) => t.parts.every((p) => p.records > 0 && p.codec in codecs && p.from <= p.to)) &&
    m.gaps.every((g) => g.track <= 3 && g.from <= g.to)
  );
}

/** Reads excerpt.json and holds it against the manifest; undefined if it can't be. */
export function parseExcerpt(bytes: Uint8Array, m: Manifest): Excerpt | undefined {
  const e = parse<Excerpt>(bytes, excerptShape)?.value;
  if (!e || e.v !== 1 || e.recording !== m.recording || !rising(e.minutes) || e.minutes.length === 0 || e.tracks.length === 0) return undefined;
  const parts = (t: ExcerptTrack): boolean => {
    const sealed = new Map(m.tracks.find((x) => x.track === t.track)?.parts.map((p) => [p.part, p.records]));
    return t.parts.length > 0 && rising(t.parts.map((p) => p.part)) && t.parts.every((p) => runs(p.records, sealed.get(p.part) ?? 0));
  };
  return rising(e.tracks.map((t) => t.track)) && e.tracks.every(parts) ? e : undefined;
}

/** Reads log/heads.json; undefined if it can't be. */
export function parseHeads(bytes: Uint8Array): LoggedAct[] | undefined {
  const list = parse<{ v: number; acts: LoggedAct[] }>(bytes, headsShape)?.value;
  return list?.v === 1 ? list.acts : undefined;
}

/** Whether runs are in order, apart, and no more than there are. */
function runs(records: [number, number][], most: number): boolean {
  return records.length > 0 && records.every(([from, to], i) => from >= (i === 0 ? 0 : records[i - 1]![1] + 2) && from <= to && to < most);
}
