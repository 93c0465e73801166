// The browser's half of test/chunk_test.go, which bundles this file and runs it
// in node: one JSON array a line, [call, ...arguments]; bytes travel as base64;
// the answer is one line, {"value": …} or {"error": "…"}.
import { bytesToHex } from "@noble/hashes/utils.js";
import { b64, unb64 } from "../seal/bytes.js";
import * as chunk from "./chunk.js";
import { Frames, thin } from "./frames.js";
import { Sealer } from "./sealer.js";
import { cluster, Demuxer, pictures } from "./webm.js";

declare const process: { stdin: AsyncIterable<Uint8Array>; stdout: { write(text: string): void } };

interface Given extends Omit<chunk.Header, "prev" | "length"> {
  prev: string;
}

/** The blocks of a WebM in pieces, as text: one word a frame. */
function blocks(pieces: string[]): { head: string; frames: string[]; pictures: number[] } {
  const demuxer = new Demuxer();
  const found = pieces.flatMap((p) => demuxer.push(unb64(p)));
  const head = demuxer.head ?? new Uint8Array();
  return { head: b64(head), frames: found.map((f) => `${f.track}@${f.time}${f.key ? "k" : ""}:${b64(f.body)}`), pictures: [...pictures(head)] };
}

const calls: Record<string, (...a: any[]) => unknown> = {
  root: async (p: chunk.Part) => bytesToHex(await chunk.root(p)),
  half: async (b: string, part: number, minute: number) => b64(await chunk.minuteShare(unb64(b), part, minute)),
  key: async (a: string, half: string, p: chunk.Part, minute: number) => b64(await chunk.minuteKeyBytes(unb64(a), unb64(half), p, minute)),
  seal: async (a: string, half: string, h: Given, plain: string) => {
    const key = await chunk.minuteKey(unb64(a), unb64(half), h, h.minute);
    const prev = Uint8Array.from(h.prev.match(/../g)!, (x) => parseInt(x, 16));
    const record = await chunk.sealRecord({ ...h, prev, length: 0 }, key, unb64(plain));
    return { record: b64(record), hash: bytesToHex(await chunk.sha256(record)) };
  },
  open: async (a: string, half: string, record: string) => {
    const h = chunk.decodeHeader(unb64(record));
    return b64(await chunk.openRecord(unb64(record), await chunk.minuteKey(unb64(a), unb64(half), h, h.minute)));
  },
  parse: (record: string) => {
    const splitter = new chunk.Splitter();
    const [first] = splitter.push(unb64(record));
    if (!first || splitter.left) throw new Error("not one whole record");
    const end = first.length - 4;
    if (chunk.crc32c(first.subarray(0, end)) !== new DataView(first.buffer, first.byteOffset).getUint32(end)) throw new Error("damaged");
  },
  blocks,
  cluster: (pieces: string[]) => {
    const demuxer = new Demuxer();
    const found = pieces.flatMap((p) => demuxer.push(unb64(p)));
    return b64(cluster(found));
  },
  // Whether a picture is thin after frames, and sound, at these ms of the container.
  thin: (frames: number[], sound: number[], gives: number) => {
    const seen = new Frames();
    for (const [time, frame] of [...frames.map((t) => [t, true] as const), ...sound.map((t) => [t, false] as const)].sort(([a], [b]) => a - b)) seen.see(time, frame);
    const held = seen.held();
    return held !== undefined && thin(held, gives);
  },
  // Seals pieces that arrive every step ms and gives the records.
  record: async (part: chunk.Part, codec: chunk.Codec, a: string, b: string, started: number, step: number, pieces: string[]) => {
    const sealer = new Sealer(part, codec, unb64(a), unb64(b), started);
    const out: string[] = [];
    for (const [i, piece] of pieces.entries()) {
      const mono = started + (i + 1) * step;
      for (const r of await sealer.push(unb64(piece), { mono, wall: 1_800_000_000_000 + mono }, i === pieces.length - 1)) out.push(b64(r.bytes));
    }
    return out;
  },
};

async function answer(line: string): Promise<string> {
  const [call, ...args] = JSON.parse(line) as [string, ...unknown[]];
  try {
    return JSON.stringify({ value: (await calls[call]!(...args)) ?? null });
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}

const decoder = new TextDecoder();
let line = "";
for await (const piece of process.stdin) {
  const [first, ...more] = decoder.decode(piece, { stream: true }).split("\n");
  line += first!;
  for (const next of more) {
    process.stdout.write((await answer(line)) + "\n");
    line = next;
  }
}
