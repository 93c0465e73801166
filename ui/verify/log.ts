// The seal's signature and its place in the custody log: level 2. As
// internal/recording/proof/log.go and C2SP tlog-proof say.
import { equal, openNote, readKey, rootOf, unb64, type Note } from "../audit/merkle.js";
import { say, type Said } from "./result.js";

const logProofLine = "c2sp.org/tlog-proof@v1";

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Opens a note with the log's key, or says what is wrong with it. */
export function open(note: Uint8Array, vkey: string): Note | Said {
  let name: string;
  try {
    name = readKey(vkey).name;
  } catch {
    return say("key_unreadable");
  }
  try {
    return openNote(decode(note), vkey);
  } catch {
    return say("not_signed", { name });
  }
}

/** What the log signs of a manifest. */
export function sealText(recording: string, manifest: string, log: string): string {
  return `verhaal recording seal v1\nrecording ${recording}\nmanifest ${manifest}\nlog ${log}\n`;
}

/** Where an act stands, and how far the log went. */
export interface Place {
  index: number;
  size: number;
  root: Uint8Array;
}

/** Where the act stands that sealed a manifest (its SHA-256), or why the log does not hold it. */
export function position(proof: Uint8Array, leaf: Uint8Array, manifest: string, vkey: string): Place | Said[] {
  if (!tellsOf(leaf, manifest)) return [say("act_other")];
  const read = readProof(decode(proof));
  if (!read) return [say("proof_unreadable")];
  const note = open(new TextEncoder().encode(read.checkpoint), vkey);
  if ("code" in note) return [say("checkpoint"), note];
  const [origin = "", digits = "", rootText = ""] = note.text.split("\n");
  if (origin !== note.name) return [say("checkpoint_other")];
  if (!/^(0|[1-9]\d{0,14})$/.test(digits)) return [say("checkpoint_size")];
  const size = Number(digits);
  const root = hashOf(rootText);
  if (!root || read.index >= size) return [say("checkpoint_short")];
  const place = { index: read.index, size, root };
  return holds(place, leaf, read.index, read.path) ? place : [say("not_in_log", { index: read.index })];
}

/** Whether an act stands in the log. */
export function holds({ size, root }: Place, leaf: Uint8Array, index: number, path: Uint8Array[]): boolean {
  try {
    return equal(rootOf(leaf, index, size, path), root);
  } catch {
    return false; // a path of another length than the tree asks for proves nothing
  }
}

function tellsOf(leaf: Uint8Array, manifest: string): boolean {
  try {
    const act = JSON.parse(decode(leaf)) as { kind?: unknown; hashes?: { manifest?: unknown } } | null;
    return act?.kind === "recording.sealed" && act.hashes?.manifest === manifest;
  } catch {
    return false;
  }
}

function readProof(text: string): { index: number; path: Uint8Array[]; checkpoint: string } | undefined {
  const cut = text.indexOf("\n\n");
  const lines = text.slice(0, cut).split("\n");
  if (cut < 0 || lines.shift() !== logProofLine) return undefined;
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = /^index (0|[1-9]\d{0,14})$/.exec(lines.shift() ?? "")?.[1];
  const path = lines.map(hashOf);
  if (index === undefined || path.length > 63 || path.includes(undefined)) return undefined;
  return { index: Number(index), path: path as Uint8Array[], checkpoint: text.slice(cut + 2) };
}

/** 32 bytes from base64, or nothing. */
function hashOf(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? unb64(text) : undefined;
}

