import { sha256 } from "@noble/hashes/sha2.js";

/** Gives the page room to breathe after so many tries. */
const tries = 20_000;

/** A nonce so that SHA-256(challenge ‖ proof ‖ nonce) begins with bits zero bits. */
export async function work(challenge: string, proof: Uint8Array, bits: number): Promise<string> {
  const head = sha256.create().update(new TextEncoder().encode(challenge)).update(proof);
  const text = new TextEncoder();
  for (let n = 0; ; n++) {
    const nonce = n.toString(36);
    if (leadingZeros(head.clone().update(text.encode(nonce)).digest()) >= bits) return nonce;
    if (n % tries === tries - 1) await new Promise((resolve) => setTimeout(resolve));
  }
}

function leadingZeros(hash: Uint8Array): number {
  let n = 0;
  for (const byte of hash) {
    if (byte) return n + Math.clz32(byte) - 24;
    n += 8;
  }
  return n;
}
