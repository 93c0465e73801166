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

  /** Begins a part's file, with what a later page needs to bring it beside it. */
  static async create(p: Part, token: string): Promise<Kept> {
    const dir = await (await recordings()).getDirectoryHandle(p.recording, { create: true });
    const beside = await (await dir.getFileHandle(`${p.track}-${p.part}.token`, { create: true })).createWritable();
    await beside.write(token);
    await beside.close();
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

/** The folder of a recording; undefined on another computer than the recorder's. */
async function folderOf(recording: string): Promise<FileSystemDirectoryHandle | undefined> {
  return (await keptRecordings()).includes(recording) ? (await recordings()).getDirectoryHandle(recording) : undefined;
}

/** The parts of one recording that are kept here, and their files. */
export async function keptParts(recording: string): Promise<{ part: Part; file: File; token: string }[]> {
  const found: { part: Part; file: File; token: string }[] = [];
  const dir = await folderOf(recording);
  if (!dir) return found;
  for await (const [name, handle] of entries(dir)) {
    const [, track, part] = /^(\d)-(\d+)\.vhc$/.exec(name) ?? [];
    if (track === undefined || handle.kind !== "file") continue;
    const token = await dir.getFileHandle(`${track}-${part}.token`).then(async (kept) => (await kept.getFile()).text(), () => "");
    found.push({ part: { recording, track: Number(track), part: Number(part) }, file: await (handle as FileSystemFileHandle).getFile(), token });
  }
  return found.sort((x, y) => x.part.track - y.part.track || x.part.part - y.part.part);
}

/** The token for a gap of a track: of the last part kept here that began before it, else the first; "" where none is. */
export async function tokenOf(recording: string, track: number, from: number): Promise<string> {
  let token = "";
  for (const k of await keptParts(recording)) {
    if (k.part.track !== track || !k.token) continue;
    if (!token || (await beginsAt(k.file)) <= from) token = k.token;
  }
  return token;
}

async function beginsAt(file: File): Promise<number> {
  const head = new Uint8Array(await file.slice(0, headerSize).arrayBuffer());
  return head.length < headerSize ? Infinity : decodeHeader(head).mono;
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

/** Keeps a small text beside the records of a recording; it is on the disk when this ends. */
export async function keepText(recording: string, name: string, text: string): Promise<void> {
  const dir = await (await recordings()).getDirectoryHandle(recording, { create: true });
  const writer = await (await dir.getFileHandle(name, { create: true })).createWritable();
  await writer.write(text);
  await writer.close();
}

/** The names of the texts with an ending that are kept of a recording, sorted. */
export async function textsOf(recording: string, ending: string): Promise<string[]> {
  const names: string[] = [];
  const dir = await folderOf(recording);
  if (!dir) return names;
  for await (const [name] of entries(dir)) if (name.endsWith(ending)) names.push(name);
  return names.sort();
}

/** A text that is kept; undefined when there is none. */
export async function readText(recording: string, name: string): Promise<string | undefined> {
  try {
    const dir = await (await recordings()).getDirectoryHandle(recording);
    return await (await (await dir.getFileHandle(name)).getFile()).text();
  } catch {
    return undefined;
  }
}

export async function dropText(recording: string, name: string): Promise<void> {
  await (await (await recordings()).getDirectoryHandle(recording)).removeEntry(name);
}
