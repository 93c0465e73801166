// The archive that a court gets, made in the browser of a member: the server's
// excerpt with the keys of its minutes, and what makes it play anywhere. It is
// loaded when somebody asks for one: reading and writing archives and films is
// more than all else of the page.
import { BlobReader, BlobWriter, configure, TextReader, ZipReader, ZipWriter, type Reader } from "@zip.js/zip.js/lib/zip-core-native.js";
import * as chunk from "./chunk.js";
import { playerPage, type PlayerWords } from "./playerpage.js";
import { remux, type Film, type Stretch } from "./remux.js";
import { headOf } from "./webm.js";

/** What opens one part of an excerpt. */
export interface Opener {
  part: chunk.Part;
  from: number; // ms of the recording at which the part began
  head: Uint8Array; // its container's, up to the first cluster
  keys: Map<number, Uint8Array>; // by minute
}

/** What a court pack has beside the excerpt. */
export interface Court {
  readme: string;
  beside: Map<string, string | Blob>; // by the name of their file
  player: string; // script of the player page
  words: PlayerWords;
  marks: { mono: number; text: string }[];
  started: number; // Unix ms
}

/** The first moment that ZIP can write: the archive does not tell when it was made. */
const noTime = new Date(1980, 0, 1);

const names = Object.keys(chunk.tracks);

/** Adds keys and heads to an excerpt, and for a court all else. */
export async function pack(excerpt: Blob, recording: string, openers: Opener[], court?: Court): Promise<Blob> {
  configure({ useWebWorkers: false }); // nothing is compressed
  const from = new ZipReader(new BlobReader(excerpt));
  const to = new ZipWriter(new BlobWriter("application/zip"), { level: 0, lastModDate: noTime, extendedTimestamp: false });
  const add = (name: string, what: Reader<unknown>) => to.add(name, what);
  const stretches: Stretch[] = [];
  for (const entry of await from.getEntries()) {
    if (entry.directory) continue;
    const blob = await entry.getData(new BlobWriter());
    await add(entry.filename, new BlobReader(blob));
    const opener = openers.find((o) => entry.filename === `${o.part.track}-${o.part.part}.vhc`);
    if (court && opener) stretches.push(await opened(blob, opener));
  }
  await from.close();
  await add("keys.json", new TextReader(keyList(recording, openers)));
  for (const o of openers) await add(`heads/${o.part.track}-${o.part.part}.webm`, new BlobReader(new Blob([o.head as BlobPart])));
  if (court) {
    const films = await filmed(stretches);
    for (const f of films) await add(f.name, new BlobReader(f.film.file));
    for (const [name, file] of court.beside) await add(name, new BlobReader(new Blob([file])));
    await add("README.txt", new TextReader(court.readme));
    await add("player.html", new TextReader(playerPage(films, court)));
  }
  return to.close();
}

/** keys.json as proof.MarshalKeys writes it: canonical (RFC 8785). */
function keyList(recording: string, openers: Opener[]): string {
  const keys = openers.flatMap(({ part: p, keys }) => [...keys].map(([minute, key]) => ({ key: btoa(String.fromCharCode(...key)), minute, part: p.part, track: p.track })));
  return JSON.stringify({ keys, recording, v: 1 });
}

/**
 * Opens the records of a part whose minutes have a key; the neighbours stay
 * closed. Blobs need no room in the page's memory, an hour of them would not fit.
 */
async function opened(file: Blob, { part, from, head, keys }: Opener): Promise<Stretch> {
  const stretch: Stretch = { track: part.track, codec: 0, from, end: from, head, clusters: [] };
  const minutes = new Map<number, CryptoKey>();
  for (const [minute, raw] of keys) minutes.set(minute, await chunk.importKey(raw));
  const splitter = new chunk.Splitter();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return stretch;
    for (const record of splitter.push(value)) {
      const h = chunk.decodeHeader(record);
      const key = minutes.get(h.minute);
      if (!key) continue;
      const plain = await chunk.openRecord(record, key);
      const rest = h.seq === 0 ? plain.subarray(headOf(plain).length) : plain;
      stretch.codec = h.codec;
      stretch.end = h.mono + h.duration;
      if (rest.length) stretch.clusters.push(new Blob([rest as BlobPart]));
    }
  }
}

export interface Named {
  name: string; // of the file
  track: number;
  film: Film;
}

/** One film for each track, and a further one where a later part is coded otherwise. */
async function filmed(stretches: Stretch[]): Promise<Named[]> {
  const out: Named[] = [];
  const groups: Stretch[][] = [];
  for (const s of stretches.filter((s) => s.clusters.length).sort((x, y) => x.track - y.track || x.from - y.from)) {
    const last = groups.at(-1);
    if (last && last[0]!.track === s.track && last[0]!.codec === s.codec) last.push(s);
    else groups.push([s]);
  }
  for (const group of groups) {
    const track = group[0]!.track;
    const before = out.filter((f) => f.track === track).length;
    out.push({ name: `${names[track]}${before ? `-${before + 1}` : ""}.webm`, track, film: await remux(group) });
  }
  return out;
}
