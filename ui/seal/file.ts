import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

/** Below this length all payloads look alike, in bytes. */
const smallest = 4096;

/**
 * Encrypts plain to the recipients, any one of whose identities opens it.
 * Throws unless every recipient is hybrid: age-encryption would mix in a
 * classic one without a word, and that undoes post-quantum for the whole file.
 */
export async function seal(plain: Uint8Array, recipients: string[]): Promise<Uint8Array> {
  return encrypterTo(recipients).encrypt(plain);
}

function encrypterTo(recipients: string[]): Encrypter {
  if (recipients.length === 0) throw new Error("no recipient to seal to");
  const age = new Encrypter();
  for (const recipient of recipients) {
    if (!recipient.startsWith("age1pq1")) throw new Error("not a hybrid age recipient (age1pq1…)");
    age.addRecipient(recipient);
  }
  return age;
}

/** A file and the hex SHA-256 of what is or was sealed in it. */
export interface Hashed {
  file: Blob;
  hash: string;
}

/** seal for a file that may be larger than memory: it goes through piece by piece. */
export async function sealBlob(plain: Blob, recipients: string[]): Promise<Hashed> {
  const sum = hashing();
  const sealed = await encrypterTo(recipients).encrypt(plain.stream().pipeThrough(sum.through));
  return { file: await new Response(sealed).blob(), hash: sum.hash() };
}

/** open for what sealBlob sealed; throws when it is cut short or damaged. */
export async function openStream(sealed: ReadableStream<Uint8Array>, identity: string): Promise<Hashed> {
  const sum = hashing();
  const plain = await decrypterWith(identity).decrypt(sealed);
  return { file: await new Response(plain.pipeThrough(sum.through)).blob(), hash: sum.hash() };
}

/** Lets bytes through and tells afterwards what they were. */
function hashing(): { through: TransformStream<Uint8Array, Uint8Array>; hash: () => string } {
  const sum = sha256.create();
  const through = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, to) {
      sum.update(piece);
      to.enqueue(piece);
    },
  });
  return { through, hash: () => bytesToHex(sum.digest()) };
}

/** Decrypts a file; throws when the identity doesn't fit or the file is damaged. */
export async function open(file: Uint8Array, identity: string): Promise<Uint8Array> {
  return decrypterWith(identity).decrypt(file);
}

function decrypterWith(identity: string): Decrypter {
  const age = new Decrypter();
  age.addIdentity(hybrid(identity));
  return age;
}

/** A fresh hybrid identity and its recipient. */
export async function newIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateHybridIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The recipient of a hybrid identity. */
export async function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(hybrid(identity));
}

function hybrid(identity: string): string {
  if (!identity.startsWith("AGE-SECRET-KEY-PQ-1")) throw new Error("not a hybrid age identity");
  return identity;
}

/**
 * v as JSON in UTF-8, padded with trailing spaces to 4,096 bytes or, above
 * that, to its Padmé length. JSON.parse skips the spaces.
 */
export function padJSON(v: unknown): Uint8Array {
  const text = utf8ToBytes(JSON.stringify(v));
  const padded = new Uint8Array(paddedSize(text.length)).fill(0x20);
  padded.set(text);
  return padded;
}

/** Padmé (PoPETs 2019, "Reducing Metadata Leakage from Encrypted Files", §4.2). */
function paddedSize(n: number): number {
  if (n <= smallest) return smallest;
  const exponent = Math.floor(Math.log2(n));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(n / step) * step;
}

/** Hex SHA-256 of the recipient's string: a short name for a key of 1,959 characters. */
export function fingerprint(recipient: string): string {
  return bytesToHex(sha256(utf8ToBytes(recipient)));
}
