// The chunk record, as internal/recording/chunk says it in Go; the format is
// docs/chunk-format.md, and test vectors hold both to it. Needs crypto.subtle,
// which a page that records has anyway.
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Length of a header in bytes; it is in clear, and authenticated with the ciphertext. */
export const headerSize = 90;
/** Largest ciphertext with its tag, in bytes. */
export const largest = 4 << 20;
const tagSize = 16;
const magic = utf8ToBytes("VHC1");
const version = 1;

export const flags = { first: 1, key: 2, last: 4, hidden: 8 } as const;

/** What a track's container holds, as the header's codec says. */
export const codecs = {
  1: "audio/webm;codecs=opus",
  2: "video/webm;codecs=vp8,opus",
  3: "video/webm;codecs=vp9,opus",
  4: "video/webm;codecs=vp8",
} as const;
export type Codec = keyof typeof codecs;

export const tracks = { main: 0, safe: 1, overview: 2, screen: 3 } as const;
export type Track = (typeof tracks)[keyof typeof tracks];

/** A part of a track: the name of one file of records. */
export interface Part {
  recording: string; // 32 hex digits
  track: number;
  part: number;
}

export interface Header extends Part {
  flags: number;
  codec: number;
  seq: number;
  minute: number;
  mono: number; // ms since the recording began
  wall: number; // Unix ms
  duration: number; // ms
  prev: Uint8Array; // SHA-256 of the record before
  length: number; // of the ciphertext with its tag
}

export const minuteOf = (mono: number): number => Math.floor(mono / 60_000);

export function encodeHeader(h: Header): Uint8Array {
  const out = new Uint8Array(headerSize);
  const view = new DataView(out.buffer);
  out.set(magic);
  out.set([version, h.flags, h.codec, h.track], 4);
  out.set(hexToBytes(h.recording), 8);
  view.setUint16(24, h.part);
  view.setUint32(26, h.seq);
  view.setUint32(30, h.minute);
  view.setBigUint64(34, BigInt(h.mono));
  view.setBigUint64(42, BigInt(h.wall));
  view.setUint32(50, h.duration);
  out.set(h.prev, 54);
  view.setUint32(86, h.length);
  return out;
}

/** Reads a header; throws on what can't be one. */
export function decodeHeader(bytes: Uint8Array): Header {
  if (bytes.length < headerSize) throw new Error("a header has 90 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerSize);
  if (!magic.every((b, i) => bytes[i] === b) || bytes[4] !== version) throw new Error("not a chunk record");
  const h: Header = {
    flags: view.getUint8(5),
    codec: view.getUint8(6),
    track: view.getUint8(7),
    recording: bytesToHex(bytes.subarray(8, 24)),
    part: view.getUint16(24),
    seq: view.getUint32(26),
    minute: view.getUint32(30),
    mono: Number(view.getBigUint64(34)),
    wall: Number(view.getBigUint64(42)),
    duration: view.getUint32(50),
    prev: bytes.slice(54, 86),
    length: view.getUint32(86),
  };
  const wrong = fault(h);
  if (wrong) throw new Error(wrong);
  return h;
}

/** What a header may not say; the same list as Header.Check in Go. */
function fault(h: Header): string {
  if (h.flags & ~15) return "unknown flags";
  if (!(h.codec in codecs)) return "an unknown codec";
  if (h.track > tracks.screen) return "an unknown track";
  if (((h.flags & flags.first) !== 0) !== (h.seq === 0)) return "the flag for the first record stands elsewhere, or lacks";
  if (!Number.isSafeInteger(h.wall) || h.minute > 0xffffffff) return "a time out of range";
  if (h.minute !== minuteOf(h.mono)) return "the minute isn't that of the time";
  if (h.mono + h.duration > (h.minute + 1) * 60_000) return "a record that crosses its minute";
  if (h.length < tagSize || h.length > largest) return "a chunk of that length can't be";
  return "";
}

/** Length of a whole record whose ciphertext has n bytes. */
export const recordSize = (n: number): number => headerSize + n + 4;

/** CRC32C (Castagnoli, RFC 3720 appendix B.4), reflected, eight bytes at a time. */
const tables = [Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1;
  return n >>> 0;
})];
for (let i = 1; i < 8; i++) tables.push(tables[i - 1]!.map((c) => tables[0]![c & 0xff]! ^ (c >>> 8)));
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  const whole = bytes.length & ~7;
  let i = 0;
  for (; i < whole; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t7[crc & 0xff]! ^ t6[(crc >>> 8) & 0xff]! ^ t5[(crc >>> 16) & 0xff]! ^ t4[crc >>> 24]! ^
      t3[bytes[i + 4]!]! ^ t2[bytes[i + 5]!]! ^ t1[bytes[i + 6]!]! ^ t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
}

/** What the first record of a part names as its predecessor. */
export function root(p: Part): Promise<Uint8Array> {
  return sha256(rootText(p));
}

/** What root hashes. */
export function rootText(p: Part): Uint8Array {
  return concatBytes(utf8ToBytes("verhaal/recording/part"), hexToBytes(p.recording), Uint8Array.of(p.track), u16(p.part));
}

/** The server's half of a minute's key, from its share B (RFC 5869, without salt). */
export function minuteShare(b: Uint8Array, part: number, minute: number): Promise<Uint8Array> {
  return hkdf(b, new Uint8Array(), concatBytes(utf8ToBytes("verhaal/recording/b"), u16(part), u32(minute)));
}

/** The key of one minute of a part: from the recorder's share A and the server's half. */
export async function minuteKey(a: Uint8Array, half: Uint8Array, p: Part, minute: number): Promise<CryptoKey> {
  return importKey(await minuteKeyBytes(a, half, p, minute));
}

export function importKey(raw: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export function minuteKeyBytes(a: Uint8Array, half: Uint8Array, p: Part, minute: number): Promise<Uint8Array> {
  const info = concatBytes(utf8ToBytes("verhaal/recording/k"), hexToBytes(p.recording), Uint8Array.of(p.track), u16(p.part), u32(minute));
  return hkdf(a, half, info);
}

/** Makes a whole record of plain; h.length is filled in. */
export async function sealRecord(h: Header, key: CryptoKey, plain: Uint8Array): Promise<Uint8Array> {
  const length = plain.length + tagSize;
  if (length > largest) throw new Error("a chunk may have 4 MiB");
  const header = encodeHeader({ ...h, length });
  const cipher = await crypto.subtle.encrypt(parameters(h.seq, header), key, plain as BufferSource);
  const body = concatBytes(header, new Uint8Array(cipher));
  return concatBytes(body, u32(crc32c(body)));
}

/** Opens a whole record; throws when a bit of it is another. */
export async function openRecord(record: Uint8Array, key: CryptoKey): Promise<Uint8Array> {
  const h = decodeHeader(record);
  if (record.length !== recordSize(h.length)) throw new Error("the record has another length than it says");
  const end = headerSize + h.length;
  if (crc32c(record.subarray(0, end)) !== new DataView(record.buffer, record.byteOffset).getUint32(end)) throw new Error("the record is damaged");
  const header = record.subarray(0, headerSize);
  return new Uint8Array(await crypto.subtle.decrypt(parameters(h.seq, header), key, record.subarray(headerSize, end) as BufferSource));
}

/** Cuts records out of a stream of bytes that comes in pieces of any length. */
export class Splitter {
  private rest: Uint8Array = new Uint8Array();

  /** The records that are whole now. */
  push(piece: Uint8Array): Uint8Array[] {
    this.rest = this.rest.length ? concatBytes(this.rest, piece) : piece;
    const out: Uint8Array[] = [];
    while (this.rest.length >= headerSize) {
      const size = recordSize(decodeHeader(this.rest).length);
      if (this.rest.length < size) break;
      out.push(this.rest.slice(0, size));
      this.rest = this.rest.subarray(size);
    }
    return out;
  }

  /** Bytes of a record that isn't whole. */
  get left(): number {
    return this.rest.length;
  }
}

function parameters(seq: number, header: Uint8Array): AesGcmParams {
  return { name: "AES-GCM", iv: concatBytes(new Uint8Array(8), u32(seq)) as BufferSource, additionalData: header as BufferSource };
}

async function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret as BufferSource, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: salt as BufferSource, info: info as BufferSource };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

function u16(n: number): Uint8Array {
  return Uint8Array.of(n >> 8, n & 0xff);
}

function u32(n: number): Uint8Array {
  return Uint8Array.of(n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}
