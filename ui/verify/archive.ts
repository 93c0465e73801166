// The archive as a folder of files, read lazily from what the visitor chose:
// its directory at once, every file as a stream when it is asked for. What is
// no archive, or one that means harm, is refused by name.
import { BlobReader, configure, ERR_AMBIGUOUS_ARCHIVE, ZipReader, type FileEntry } from "@zip.js/zip.js/lib/zip-core-native.js";

/** Why nothing can be checked; each has a sentence, verify.refused.<reason>. */
export type Reason = "empty" | "no_archive" | "one_part" | "cut_off" | "damaged" | "locked" | "doubled" | "ambiguous" | "crowded" | "inflated" | "no_recording" | "excerpt" | "unreadable";

export class Refused extends Error {
  constructor(
    readonly reason: Reason,
    readonly file = "",
  ) {
    super(reason);
  }
}

/** Most bytes of a file beside the media. */
const small = 64 << 20;
/** Most files: four tracks of a thousand parts have a tenth. */
const crowd = 100_000;

const begins = (bytes: Uint8Array, text: string): boolean => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));

export class Archive {
  private constructor(private readonly entries: Map<string, FileEntry>) {}

  /** Reads the directory of an archive. Throws Refused. */
  static async open(file: Blob): Promise<Archive> {
    configure({ useWebWorkers: false, chunkSize: 1 << 20 });
    if (file.size === 0) throw new Refused("empty");
    const front = new Uint8Array(await file.slice(0, 4).arrayBuffer().catch(unreadable));
    if (begins(front, "VHC1")) throw new Refused("one_part");
    const entries = new Map<string, FileEntry>();
    try {
      for await (const entry of new ZipReader(new BlobReader(file)).getEntriesGenerator({ strictness: "strict" })) {
        if (entry.directory) continue;
        if (entry.encrypted) throw new Refused("locked");
        if (entries.has(entry.filename)) throw new Refused("doubled", entry.filename);
        if (entries.size === crowd) throw new Refused("crowded");
        // What is encrypted does not get smaller: what unpacks to far more was made to.
        if (entry.uncompressedSize > 2 * entry.compressedSize + small) throw new Refused("inflated", entry.filename);
        entries.set(entry.filename, entry);
      }
    } catch (e) {
      if (e instanceof Refused) throw e;
      if (e instanceof Error && e.message === ERR_AMBIGUOUS_ARCHIVE) throw new Refused("ambiguous");
      throw new Refused(begins(front, "PK\x03\x04") ? "cut_off" : "no_archive");
    }
    return new Archive(within(entries));
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** Bytes of a file when it is unpacked; 0 if it is not there. */
  size(name: string): number {
    return this.entries.get(name)?.uncompressedSize ?? 0;
  }

  /** A file of at most so many bytes; undefined if it is not there. */
  async read(name: string, most = small): Promise<Uint8Array | undefined> {
    if (this.size(name) > most) throw new Refused("inflated", name);
    const pieces: BlobPart[] = [];
    const stream = this.stream(name);
    if (!stream) return undefined;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value as BlobPart);
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }

  /** A file from its beginning; undefined if it is not there. Its errors are Refused. */
  stream(name: string): ReadableStream<Uint8Array> | undefined {
    const entry = this.entries.get(name);
    if (!entry) return undefined;
    let left = entry.uncompressedSize;
    const pass = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, to) {
        left -= piece.length;
        if (left < 0) throw new Refused("inflated", name);
        to.enqueue(piece);
      },
      flush() {
        if (left > 0) throw new Refused("cut_off");
      },
    });
    // Strict: an archive that another reader would read in another way is refused.
    entry.getData(pass.writable, { strictness: "strict" }).catch((e: unknown) => {
      const ambiguous = e instanceof Error && e.message === ERR_AMBIGUOUS_ARCHIVE;
      return pass.writable.abort(ambiguous ? new Refused("ambiguous") : new Refused("damaged", name)).catch(() => undefined);
    });
    return pass.readable;
  }
}

function unreadable(): never {
  throw new Refused("unreadable");
}

/** The files, or those of the one folder that holds them all. */
function within(entries: Map<string, FileEntry>): Map<string, FileEntry> {
  const folders = new Set([...entries.keys()].map((name) => name.split("/", 1)[0]!));
  const [folder] = folders;
  if (folders.size !== 1 || entries.has(folder!)) return entries;
  return new Map([...entries].map(([name, e]) => [name.slice(folder!.length + 1), e]));
}
