// Keys for listening: share A opened with the case key, share B's minutes
// released by the server, which writes each request down.
import { unb64 } from "../seal/bytes.js";
import { post } from "../staff/http.js";
import * as chunk from "./chunk.js";
import { openWithAny } from "./prompts.js";

interface Answer {
  until: number; // Unix ms at which the purpose ends
  b: Record<string, string>; // by minute
  share: string; // age file of A
}

/** Keys of a recording's minutes, asked for once each. */
export class Keys {
  private readonly a = new Map<string, Uint8Array>(); // by track and part
  private readonly minutes = new Map<string, Promise<CryptoKey>>();
  private until = 0; // the server sets it with the first minute; afterwards the purpose is asked anew

  constructor(
    private readonly recording: string,
    private readonly caseKeys: string[],
    private readonly purpose: string, // why somebody listens: goes into the log with every minute
  ) {}

  /** Opens a record, and asks for its minute if that is new. */
  async open(record: Uint8Array): Promise<Uint8Array> {
    const h = chunk.decodeHeader(record);
    return chunk.openRecord(record, await this.key(h, h.minute));
  }

  private key(p: chunk.Part, minute: number): Promise<CryptoKey> {
    const name = `${p.track}/${p.part}/${minute}`;
    let key = this.minutes.get(name);
    if (!key) {
      key = this.ask(p, minute);
      this.minutes.set(name, key);
      key.catch(() => this.minutes.delete(name)); // a cut may be over the next time
    }
    return key;
  }

  private async ask(p: chunk.Part, minute: number): Promise<CryptoKey> {
    return chunk.importKey((await this.bytes(p, [minute])).get(minute)!);
  }

  /** The keys of some minutes of a part as bytes, to hand them on: one request, one act. */
  async bytes(p: chunk.Part, minutes: number[]): Promise<Map<number, Uint8Array>> {
    const answer = await post<Answer>(`/record/${this.recording}/keys`, { track: p.track, part: p.part, minutes, purpose: this.purpose, until: this.until });
    this.until = answer.until;
    const name = `${p.track}/${p.part}`;
    let a = this.a.get(name);
    if (!a) {
      const plain = await openWithAny(answer.share, this.caseKeys);
      if (!plain) throw new Error("this recording was sealed to another key");
      a = unb64((JSON.parse(new TextDecoder().decode(plain)) as { a: string }).a);
      this.a.set(name, a);
    }
    const part = { recording: this.recording, track: p.track, part: p.part };
    const keys = new Map<number, Uint8Array>();
    for (const minute of minutes) {
      const half = answer.b[String(minute)];
      if (half === undefined) throw new Error("this minute was not released");
      const key = await chunk.minuteKeyBytes(a, unb64(half), part, minute);
      keys.set(minute, key);
      this.minutes.set(`${name}/${minute}`, chunk.importKey(key)); // open need not ask again
    }
    return keys;
  }
}

/** Which records of a part: from and to are seqs, at and until are ms. */
export interface Range {
  from?: number;
  to?: number;
  at?: number;
  until?: number;
}

/** Reads records as they come; ends with the range or the part. */
export async function* records(p: chunk.Part, range: Range, end: AbortSignal): AsyncGenerator<Uint8Array> {
  const query = new URLSearchParams(Object.entries(range).map(([k, v]) => [k, String(Math.round(v as number))]));
  const r = await fetch(`/record/${p.recording}/${p.track}/${p.part}/stream?${query}`, { signal: end, cache: "no-store" });
  if (!r.ok || !r.body) throw new Error(`the stream answered ${r.status}`);
  const splitter = new chunk.Splitter();
  const reader = r.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* splitter.push(value);
  }
}
