import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { randomBytes } from "@noble/ciphers/utils.js";
import { b64, unb64 } from "./bytes.js";

const nonceSize = 24;

/** A fresh key for what this browser keeps. */
export const newKeepKey = (): Uint8Array => randomBytes(32);

/** Seals under a key of 32 bytes what this browser keeps for itself; at once, also on a page that is being left. */
export function keepUnder(key: Uint8Array, plain: Uint8Array): string {
  const nonce = randomBytes(nonceSize);
  return b64(new Uint8Array([...nonce, ...xchacha20poly1305(key, nonce).encrypt(plain)]));
}

/** Opens what keepUnder sealed; throws when the key doesn't fit. */
export function openUnder(key: Uint8Array, kept: string): Uint8Array {
  const sealed = unb64(kept);
  return xchacha20poly1305(key, sealed.subarray(0, nonceSize)).decrypt(sealed.subarray(nonceSize));
}
