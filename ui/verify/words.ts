// The sentences of the page, which the server wrote into it: in the page's
// language, and in English for the JSON.
import type { Said } from "./result.js";

const names = ["main", "audio-safe", "overview", "exhibit"];

export class Words {
  private readonly here = new Map<string, string>();
  private readonly english = new Map<string, string>();

  constructor(root: ParentNode) {
    for (const e of root.querySelectorAll<HTMLElement>("[data-say]")) {
      this.here.set(e.dataset.say!, e.textContent!);
      this.english.set(e.dataset.say!, e.dataset.en!);
    }
  }

  /** A text of the page. */
  text(key: string, args: Said["args"] = {}): string {
    return fill(this.here, key, args);
  }

  /** What a finding says, in the page's language. */
  tell(says: Said[]): string {
    return says.map(({ code, args }) => this.text("say." + code, "track" in args ? { ...args, track: this.text("track." + args.track) } : args)).join("");
  }

  /** The same in English, as the program says it. */
  tellEnglish(says: Said[]): string {
    return says.map(({ code, args }) => fill(this.english, "say." + code, "track" in args ? { ...args, track: names[Number(args.track)]! } : args)).join("");
  }
}

function fill(texts: Map<string, string>, key: string, args: Said["args"]): string {
  const text = texts.get(key);
  if (text === undefined) throw new Error(`the page has no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => String(args[name] ?? gap));
}

/** How many words stand for a hash: 11 bits each, as on the receipt of a seal. */
const many = 8;

/** The first bits of a hash in words of a list of 2048. */
export function wordsOf(hash: Uint8Array, list: string[]): string[] {
  const bits = Array.from(hash.subarray(0, many * 2), (b) => b.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: many }, (_, i) => list[parseInt(bits.slice(i * 11, i * 11 + 11), 2)]!);
}
