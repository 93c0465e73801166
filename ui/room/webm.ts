// Reads the WebM that a MediaRecorder makes (RFC 8794, RFC 9559), in pieces cut
// anywhere, and writes its blocks again, each record's as a cluster of its own. A
// record then begins where a player can begin, and no frame crosses a minute.
import { concatBytes } from "@noble/hashes/utils.js";

const id = { segment: 0x18538067, cluster: 0x1f43b675, timecode: 0xe7, simple: 0xa3, group: 0xa0, block: 0xa1, reference: 0xfb,
  tracks: 0x1654ae6b, number: 0xd7, type: 0x83 } as const;

/** A master whose children are read one by one; all others are taken whole. */
const opened = new Set<number>([id.segment, id.cluster]);

/** No element that we take whole is larger, in bytes: one frame, or the track list. */
const largestElement = 4 << 20;

/** One frame of one track of the container. */
export interface Block {
  time: number; // ms in the container
  track: number;
  key: boolean;
  body: Uint8Array; // flags and frame
}

/** Demuxer gives the container's head once, and every block as soon as it is whole. */
export class Demuxer {
  /** Everything before the first cluster. */
  head: Uint8Array | undefined;
  private before: Uint8Array[] = [];
  private rest: Uint8Array = new Uint8Array();
  private timecode = 0;

  /** Takes the next piece; throws on what no MediaRecorder writes. */
  push(piece: Uint8Array): Block[] {
    this.rest = this.rest.length ? concatBytes(this.rest, piece) : piece;
    const blocks: Block[] = [];
    for (;;) {
      const element = readElement(this.rest);
      if (!element) return blocks;
      const whole = this.rest.subarray(0, element.end);
      this.rest = this.rest.subarray(element.end);
      this.take(element, whole, blocks);
    }
  }

  private take(e: Element, whole: Uint8Array, blocks: Block[]): void {
    if (e.id === id.cluster) {
      this.head ??= concatBytes(...this.before);
      this.before = [];
      return;
    }
    if (!this.head) {
      this.before.push(whole.slice());
      return;
    }
    const body = whole.subarray(e.start);
    if (e.id === id.timecode) this.timecode = number(body);
    else if (e.id === id.simple) blocks.push(this.block(body, (body[3]! & 0x80) !== 0));
    else if (e.id === id.group) blocks.push(this.grouped(body));
    // All else between clusters (cues, tags, filling) has no frame.
  }

  private block(body: Uint8Array, key: boolean): Block {
    if (body.length < 5 || body[0]! < 0x81) throw new Error("a block without track or frame");
    const relative = new DataView(body.buffer, body.byteOffset).getInt16(1);
    const rest = body.slice(3);
    rest[0] = key ? rest[0]! | 0x80 : rest[0]! & 0x7f;
    return { time: this.timecode + relative, track: body[0]! & 0x7f, key, body: rest };
  }

  /** A block in a group is a key frame when it refers to no other (RFC 9559 section 5.1.3.5). */
  private grouped(group: Uint8Array): Block {
    let found: Uint8Array | undefined;
    let key = true;
    for (const [name, body] of children(group)) {
      if (name === id.block) found = body;
      if (name === id.reference) key = false;
    }
    if (!found) throw new Error("a block group without block");
    return this.block(found, key);
  }
}

/** What a container has before its first cluster: neither sound nor picture. */
export function headOf(bytes: Uint8Array): Uint8Array {
  for (let at = 0; ; ) {
    const e = readElement(bytes.subarray(at));
    if (!e || e.id === id.cluster) return bytes.slice(0, at);
    at += e.end;
  }
}

/** The numbers of the tracks in a head that are pictures (RFC 9559 section 5.1.4.1). */
export function pictures(head: Uint8Array): Set<number> {
  const found = new Set<number>();
  for (const [name, body] of children(head)) {
    if (name !== id.tracks) continue;
    for (const [, entry] of children(body)) {
      const about = new Map([...children(entry)].map(([what, value]) => [what, number(value.subarray(0, 8))]));
      if (about.get(id.type) === 1) found.add(about.get(id.number) ?? 0);
    }
  }
  return found;
}

function* children(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  while (bytes.length) {
    const e = readElement(bytes);
    if (!e) throw new Error("a damaged element");
    yield [e.id, bytes.subarray(e.start, e.end)];
    bytes = bytes.subarray(e.end);
  }
}

/** One cluster that holds the blocks, of unknown size as browsers write it: the next one ends it. */
export function cluster(blocks: Block[]): Uint8Array {
  const from = Math.min(...blocks.map((b) => b.time));
  const parts = [element(id.timecode, bigEndian(from, 8))];
  for (const b of blocks) {
    const relative = b.time - from;
    if (relative > 0x7fff) throw new Error("a cluster of more than 32 s");
    parts.push(element(id.simple, concatBytes(Uint8Array.of(0x80 | b.track, relative >> 8, relative & 0xff), b.body)));
  }
  return concatBytes(bigEndian(id.cluster, 4), openEnded, ...parts);
}

const openEnded = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

interface Element {
  id: number;
  start: number; // of the body
  end: number; // of what is taken at once: of an opened master only its head
}

/** The element at the front of bytes, or undefined while it isn't whole. */
function readElement(bytes: Uint8Array): Element | undefined {
  const name = vint(bytes, 0, 4);
  if (!name) return undefined;
  const size = vint(bytes, name.end, 8);
  if (!size) return undefined;
  if (opened.has(name.raw)) return { id: name.raw, start: size.end, end: size.end };
  if (size.unknown || size.value > largestElement) throw new Error("an element of that size can't be");
  const end = size.end + size.value;
  return bytes.length < end ? undefined : { id: name.raw, start: size.end, end };
}

/** A number of variable length (RFC 8794 section 4). */
function vint(bytes: Uint8Array, at: number, longest: number): { raw: number; value: number; unknown: boolean; end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const length = Math.clz32(first) - 23;
  if (length > longest) throw new Error("not WebM");
  if (bytes.length < at + length) return undefined;
  const raw = bytes.subarray(at, at + length);
  // Without its marker a number of 8 bytes fits a double, for all sizes that can be.
  const value = number([first & (0xff >> length), ...raw.subarray(1)]);
  const unknown = raw.every((b, i) => b === (i ? 0xff : 0xff >> (length - 1)));
  return { raw: number(raw), value, unknown, end: at + length };
}

function number(bytes: ArrayLike<number> & Iterable<number>): number {
  let n = 0;
  for (const b of bytes) n = n * 256 + b;
  return n;
}

function bigEndian(n: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at--) {
    out[at] = n % 256;
    n = Math.floor(n / 256);
  }
  return out;
}

function element(name: number, body: Uint8Array): Uint8Array {
  const nameLength = Math.ceil((32 - Math.clz32(name)) / 8);
  return concatBytes(bigEndian(name, nameLength), bigEndian(2 ** 28 + body.length, 4), body);
}
