// Proof of work, asked for under load: a nonce such that SHA-256(challenge,
// lookup, nonce) begins with a number of zero bits.
import { sha256 } from "@noble/hashes/sha2.js";
import { repaint } from "./server.js";

const text = new TextEncoder();

export async function work(challenge: string, lookup: Uint8Array, bits: number): Promise<string> {
  const head = text.encode(challenge);
  for (let i = 0; ; i++) {
    if (i % 5000 === 4999) await repaint();
    const nonce = i.toString(36);
    const tail = text.encode(nonce);
    const block = new Uint8Array(head.length + lookup.length + tail.length);
    block.set(head);
    block.set(lookup, head.length);
    block.set(tail, head.length + lookup.length);
    if (zeros(sha256(block)) >= bits) return nonce;
  }
}

function zeros(hash: Uint8Array): number {
  let n = 0;
  for (const b of hash) {
    if (b !== 0) return n + Math.clz32(b) - 24;
    n += 8;
  }
  return n;
}
