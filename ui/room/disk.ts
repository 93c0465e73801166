// The recorder's own copy: ciphertext records in the origin's private files
// (OPFS), a folder for each recording and a file for each part, named as the
// server names them. Nothing here holds a key.
import { decodeHeader, headerSize, recordSize, sha256, type Header, type Part } from "./chunk.js";

/** In a worker only, so not in the library of a page's types. */
interface SyncAccess {
  read(to: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

const folder = "recordings";

async function recordings(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
}

const nameOf = (p: Part): string => `${p.track}-${p.part}.vhc`;

/** The file of a part that is being written: what append returned from is on the disk. */
export class Kept {
  private size = 0;
  private constructor(private readonly access: SyncAccess) {}

  static async create(p: Part): Promise<Kept> {
    const dir = await (await recordings()).getDirectoryHandle(p.recording, { create: true });
    const file = (await dir.getFileHandle(nameOf(p), { create: true })) as FileSystemFileHandle & {
      createSyncAccessHandle(): Promise<SyncAccess>;
    };
    return new Kept(await file.createSyncAccessHandle());
  }

  /** Writes at the end and waits for the disk; gives where it lies. */
  append(bytes: Uint8Array): number {
    const at = this.size;
    if (this.access.write(bytes, { at }) !== bytes.length) throw new Error("the disk took a part only");
    this.access.flush();
    this.size += bytes.length;
    return at;
  }

  read(at: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    this.access.read(out, { at });
    return out;
  }

  close(): void {
    this.access.close();
  }
}

/** The recordings of which this browser keeps something. */
export async function keptRecordings(): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, handle] of entries(await recordings())) if (handle.kind === "directory") names.push(name);
  return names;
}

/** The parts of one recording that are kept here, and their files. */
export async function keptParts(recording: string): Promise<{ part: Part; file: File }[]> {
  const dir = await (await recordings()).getDirectoryHandle(recording);
  const found: { part: Part; file: File }[] = [];
  for await (const [name, handle] of entries(dir)) {
    const [, track, part] = /^(\d)-(\d+)\.vhc$/.exec(name) ?? [];
    if (track === undefined || handle.kind !== "file") continue;
    found.push({ part: { recording, track: Number(track), part: Number(part) }, file: await (handle as FileSystemFileHandle).getFile() });
  }
  return found.sort((x, y) => x.part.track - y.part.track || x.part.part - y.part.part);
}

/** One whole record of a file, by place. */
export interface Place {
  header: Header;
  at: number;
  length: number;
}

/** The whole records of a kept file in order; a torn one at the end is left out. */
export async function placesIn(file: File): Promise<Place[]> {
  const places: Place[] = [];
  for (let at = 0; at + headerSize <= file.size; ) {
    const header = decodeHeader(new Uint8Array(await file.slice(at, at + headerSize).arrayBuffer()));
    const length = recordSize(header.length);
    if (at + length > file.size) break;
    places.push({ header, at, length });
    at += length;
  }
  return places;
}

/** Hash of the record at a place. */
export async function hashAt(file: File, p: Place): Promise<Uint8Array> {
  return sha256(new Uint8Array(await file.slice(p.at, p.at + p.length).arrayBuffer()));
}

/** Removes what is kept of a recording: only once the server's seal was checked. */
export async function remove(recording: string): Promise<void> {
  await (await recordings()).removeEntry(recording, { recursive: true });
}

function entries(dir: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return dir as unknown as AsyncIterable<[string, FileSystemHandle]>;
}
