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

/** readCheckpoint checks a note's signature by the log's key ("name+hash+base64") and reads it. */
export function readCheckpoint(note: string, vkey: string): Checkpoint {
  const [, name, , key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const split = note.indexOf("\n\n");
  if (name === undefined || key === undefined || split < 0) throw new Error("format");
  const body = note.slice(0, split + 1);
  const publicKey = unb64(key).subarray(1);
  const id = sha256(join(text.encode(name + "\n"), unb64(key))).subarray(0, 4);
  const signed = note
    .slice(split + 2)
    .split("\n")
    .filter((l) => l.startsWith("— " + name + " "))
    .map((l) => unb64(l.slice(l.lastIndexOf(" ") + 1)))
    .some((sig) => equal(sig.subarray(0, 4), id) && ed25519.verify(sig.subarray(4), text.encode(body), publicKey));
  if (!signed) throw new Error("signature");
  const [origin = "", size = "", root = ""] = body.split("\n");
  if (!/^(0|[1-9]\d{0,14})$/.test(size)) throw new Error("format");
  return { origin, size: Number(size), root: unb64(root) };
}

/** Tree takes leaves in order and knows the root after each. */
export class Tree {
  size = 0;
  private stack: { hash: Uint8Array; leaves: number }[] = [];

  add(leaf: Uint8Array): void {
    let node = { hash: sha256(join(Uint8Array.of(0), leaf)), leaves: 1 };
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

function interior(left: Uint8Array, right: Uint8Array): Uint8Array {
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
