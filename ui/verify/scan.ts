// Cuts a part's file into records, as internal/recording/proof/scan.go does: a
// stretch that is no record is counted, and the next whole record is looked for.
import { sha256 as plain } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import * as chunk from "../room/chunk.js";

/** What stands next in a file: a record, or so many bytes that are none. */
export type Item = Rec | Lost;

export interface Rec {
  h: chunk.Header;
  raw: Uint8Array;
  whole: boolean; // its checksum is right
  hash: Uint8Array;
}

export interface Lost {
  lost: number;
  tail: boolean; // they look like a record that the end of the file cut off
}

const block = 1 << 20;
const crcSize = 4;
const maxRecord = chunk.recordSize(chunk.largest);
/** How every record of version 1 begins. */
const mark = [0x56, 0x48, 0x43, 0x31, 1];

const marked = (b: Uint8Array): boolean => mark.every((x, i) => b[i] === x);

/** SHA-256 also where a page has no crypto.subtle: over an onion service. */
export const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> => (globalThis.crypto.subtle ? chunk.sha256(bytes) : plain(bytes));

function sound(raw: Uint8Array): boolean {
  const end = raw.length - crcSize;
  return chunk.crc32c(raw.subarray(0, end)) === new DataView(raw.buffer, raw.byteOffset).getUint32(end);
}

/** The header at the front, "more" if it may be one when there is more of it, or nothing. */
function headerOf(b: Uint8Array): chunk.Header | "more" | undefined {
  if (b.length < chunk.headerSize) return mark.slice(0, Math.min(4, b.length)).every((x, i) => b[i] === x) ? "more" : undefined;
  if (!marked(b)) return undefined;
  try {
    return chunk.decodeHeader(b);
  } catch {
    return undefined;
  }
}

/** Gives what a stream holds, some items at a time. */
export async function* scan(stream: ReadableStream<Uint8Array>, read: (bytes: number) => void): AsyncGenerator<Item[]> {
  const reader = stream.getReader();
  const framer = new Framer();
  try {
    let coming = fill(reader);
    for (let end = false; !end; ) {
      const { pieces, length, done } = await coming;
      end = done;
      if (!end) coming = fill(reader);
      // What fails while this block is looked at is told when it is waited for.
      coming.catch(() => undefined);
      const items = framer.push(pieces, end);
      // The browser hashes beside this thread, which meanwhile sums.
      const hashes = Promise.all(items.map((i) => ("lost" in i ? undefined : sha256(i.raw))));
      for (const i of items) if (!("lost" in i)) i.whole = sound(i.raw);
      for (const [n, hash] of (await hashes).entries()) if (hash) (items[n] as Rec).hash = hash;
      yield items;
      read(length);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

interface Filled {
  pieces: Uint8Array[];
  length: number;
  done: boolean;
}

async function fill(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Filled> {
  const out: Filled = { pieces: [], length: 0, done: false };
  while (out.length < block) {
    const { done, value } = await reader.read();
    if (done) return { ...out, done };
    out.pieces.push(value);
    out.length += value.length;
  }
  return out;
}

class Framer {
  private carry = new Uint8Array();
  private lost = 0;
  private items: Item[] = [];
  /** How many bytes may still be summed to find records where bytes are none: a file of nothing but beginnings would take for ever. What is read adds to it; where it is used up, what is there counts as lost. */
  private search = 16 * maxRecord;

  push(pieces: Uint8Array[], end: boolean): Item[] {
    const buf = concatBytes(this.carry, ...pieces);
    this.search += 8 * (buf.length - this.carry.length);
    this.items = [];
    this.carry = buf.slice(this.cut(buf, end));
    return this.items;
  }

  /** Appends items, and gives how many bytes they take. What comes after is the beginning of an item. */
  private cut(buf: Uint8Array, end: boolean): number {
    let at = 0;
    while (at < buf.length) {
      const rest = buf.subarray(at);
      const h = headerOf(rest);
      const size = h && h !== "more" ? chunk.recordSize(h.length) : 0;
      const short = h === "more" || rest.length < size;
      if (short && !end) return at;
      if (!short && h && this.frames(rest, size, end)) {
        this.flush();
        this.items.push({ h, raw: rest.subarray(0, size), whole: false, hash: new Uint8Array() });
        at += size;
        continue;
      }
      const next = this.next(rest);
      if (next > 0) {
        [this.lost, at] = [this.lost + next, at + next];
        continue;
      }
      if (short) {
        this.flush();
        this.items.push({ lost: rest.length, tail: true });
        return buf.length;
      }
      // No record begins in what is read, but the last bytes may begin one.
      const keep = end ? 0 : Math.min(rest.length - 1, maxRecord - 1);
      this.lost += rest.length - keep;
      at = buf.length - keep;
      if (!end) return at;
    }
    this.flush();
    return at;
  }

  private flush(): void {
    if (this.lost > 0) this.items.push({ lost: this.lost, tail: false });
    this.lost = 0;
  }

  /** Whether a record may be taken to be as long as its header says. */
  private frames(rest: Uint8Array, size: number, end: boolean): boolean {
    const after = rest.subarray(size);
    return (after.length === 0 && end) || marked(after) || this.sound(rest.subarray(0, size));
  }

  /** Whether the checksum of what may be a record fits, as long as the search may go on. */
  private sound(raw: Uint8Array): boolean {
    if (this.search <= 0) return false;
    this.search -= raw.length;
    return sound(raw);
  }

  /** The next whole record, not at the very front; -1 if there is none. */
  private next(rest: Uint8Array): number {
    for (let at = rest.indexOf(mark[0]!, 1); at > 0 && this.search > 0; at = rest.indexOf(mark[0]!, at + 1)) {
      const b = rest.subarray(at);
      if (!marked(b)) continue;
      this.search -= chunk.headerSize;
      const h = headerOf(b);
      if (!h || h === "more" || b.length < chunk.recordSize(h.length)) continue;
      if (this.sound(b.subarray(0, chunk.recordSize(h.length)))) return at;
    }
    return -1;
  }
}
