import { argon2idAsync } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { argon2id } from "hash-wasm";

import { recipientOf } from "./file.js";

/** What a receipt, a passphrase or a passkey opens the door with. */
export interface Keys {
  /** 16 bytes: which record is meant. */
  lookup: Uint8Array;
  /** 32 bytes: that one may. */
  proof: Uint8Array;
  /** AGE-SECRET-KEY-PQ-1…; never leaves the device. */
  identity: string;
  /** age1pq1… */
  recipient: string;
}

const saltSize = 16;
const rootSize = 32;

// Argon2id (RFC 9106) of version 1, as internal/seal/derive.go.
const passes = 3;
const memoryKiB = 64 * 1024;
const lanes = 1;

/**
 * The keys of a secret: the 10 bytes of a receipt with the installation's
 * salt, or a passphrase (NFKC, UTF-8) with its account's. salt is 16 bytes.
 * Takes about a quarter of a second and 64 MiB; some 5 seconds where
 * WebAssembly is missing or forbidden (CSP without 'wasm-unsafe-eval').
 */
export async function derive(secret: Uint8Array, salt: Uint8Array): Promise<Keys> {
  if (secret.length === 0 || salt.length !== saltSize) throw new Error("a secret and a salt of 16 bytes are needed");
  return expand(await root(secret, salt));
}

/** The keys of a passkey: prf is the 32 bytes that its PRF extension gave. */
export async function deriveFromPRF(prf: Uint8Array): Promise<Keys> {
  if (prf.length !== rootSize) throw new Error("a PRF output of 32 bytes is needed");
  return expand(prf);
}

async function root(secret: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  try {
    return await argon2id({
      password: secret,
      salt,
      iterations: passes,
      parallelism: lanes,
      memorySize: memoryKiB,
      hashLength: rootSize,
      outputType: "binary",
    });
  } catch {
    return argon2idAsync(secret, salt, { t: passes, m: memoryKiB, p: lanes, dkLen: rootSize });
  }
}

/** HKDF-SHA256 (RFC 5869), no salt, one label a key. */
async function expand(root: Uint8Array): Promise<Keys> {
  const part = (label: string, n: number) => hkdf(sha256, root, undefined, utf8ToBytes("verhaal/v1/" + label), n);
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", part("identity", 32)).toUpperCase();
  return { lookup: part("lookup", 16), proof: part("proof", 32), identity, recipient: await recipientOf(identity) };
}
