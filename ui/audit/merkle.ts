// The custody log's tree, computed again from its leaves (RFC 6962 section 2.1,
// C2SP tlog-tiles, C2SP signed-note). It shares nothing with the server.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

const text = new TextEncoder();

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

export function unb64(s: string): Uint8Array {
  return Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
}

export function hex(b: Uint8Array): string {
  return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function join(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** A note whose signature is right (C2SP signed-note), without its signatures. */
export interface Note {
  text: string;
  name: string; // of the signer
}

/** openNote checks a note's signature by a key, "name+hash+base64". */
export function openNote(note: string, vkey: string): Note {
  const { name, id, key } = readKey(vkey);
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw new Error("format");
  const body = note.slice(0, split + 1);
  const signed = note
    .slice(split + 2)
    .split("\n")
    .filter((l) => l.startsWith("— " + name + " "))
    .map((l) => unb64(l.slice(l.lastIndexOf(" ") + 1)))
    .some((sig) => equal(sig.subarray(0, 4), id) && sig.length === 68 && ed25519.verify(sig.subarray(4), text.encode(body), key));
  if (!signed) throw new Error("signature");
  return { text: body, name };
}

/** readKey reads a verifier key; its hash must be its own. */
export function readKey(vkey: string): { name: string; id: Uint8Array; key: Uint8Array } {
  const [, name, hash, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey) ?? [];
  if (name === undefined || key === undefined) throw new Error("format");
  const raw = unb64(key);
  const id = sha256(join(text.encode(name + "\n"), raw)).subarray(0, 4);
  if (raw.length !== 33 || raw[0] !== 1 || hex(id) !== hash) throw new Error("format");
  return { name, id, key: raw.subarray(1) };
}

/** readCheckpoint checks a note's signature by the log's key and reads it. */
export function readCheckpoint(note: string, vkey: string): Checkpoint {
  const [origin = "", size = "", root = ""] = openNote(note, vkey).text.split("\n");
  if (!/^(0|[1-9]\d{0,14})$/.test(size)) throw new Error("format");
  return { origin, size: Number(size), root: unb64(root) };
}

/** rootOf is the root of a tree of size leaves that a path of inclusion leads to from one of them (RFC 9162 section 2.1.3.2). */
export function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Uint8Array {
  let [hash, fn, sn] = [leafHash(leaf), index, size - 1];
  const half = (n: number) => Math.floor(n / 2); // sizes may have more than 32 bits
  for (const p of path) {
    if (sn === 0) throw new Error("path");
    if (fn % 2 === 1 || fn === sn) {
      hash = interior(p, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = interior(hash, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw new Error("path");
  return hash;
}

/** Tree takes leaves in order and knows the root after each. */
export class Tree {
  size = 0;
  private stack: { hash: Uint8Array; leaves: number }[] = [];

  add(leaf: Uint8Array): void {
    let node = { hash: leafHash(leaf), leaves: 1 };
    for (let top = this.stack.at(-1); top && top.leaves === node.leaves; top = this.stack.at(-1)) {
      this.stack.pop();
      node = { hash: interior(top.hash, node.hash), leaves: top.leaves * 2 };
    }
    this.stack.push(node);
    this.size++;
  }

  root(): Uint8Array {
    const nodes = this.stack.map((n) => n.hash);
    const last = nodes.pop();
    if (!last) return sha256(new Uint8Array());
    return nodes.reduceRight((right, left) => interior(left, right), last);
  }
}

export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(join(Uint8Array.of(0), leaf));
}

export function interior(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(join(Uint8Array.of(1), left, right));
}

/** entries splits an entry bundle: each leaf behind its length, two bytes, big-endian. */
export function* entries(bundle: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bundle.length; ) {
    const [high, low] = [bundle[at], bundle[at + 1]];
    if (high === undefined || low === undefined) throw new Error("format");
    const end = at + 2 + high * 256 + low;
    if (end > bundle.length) throw new Error("format");
    yield bundle.subarray(at + 2, end);
    at = end;
  }
}

/** tilePath names entry bundle n of width w (C2SP tlog-tiles: groups of three digits). */
export function bundlePath(n: number, width: number): string {
  let path = String(n % 1000).padStart(3, "0");
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = "x" + String(rest % 1000).padStart(3, "0") + "/" + path;
  }
  return "tile/entries/" + path + (width < 256 ? ".p/" + width : "");
}
