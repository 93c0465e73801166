// Marks as text: their names come from the page, words in them from the case key.
import { open, unb64 } from "../seal/index.js";
import { get } from "../staff/http.js";
import { tryUnlocked } from "../staff/unlocked.js";
import type { Mark } from "./server.js";

/**
 * The case keys of a case that this tab can open, without going to sign in: a
 * recording must not leave its page.
 */
export async function caseKeys(file: string): Promise<string[]> {
  const own = await tryUnlocked();
  if (!own) return [];
  const keys: string[] = [];
  for (const w of await get<{ wrapped: string }[]>(`/case/${file}/wraps`)) {
    keys.push(new TextDecoder().decode(await open(unb64(w.wrapped), own)));
  }
  return keys.reverse();
}

/** Opens a file with whichever key fits; undefined when none does. */
export async function openWithAny(file: string, keys: string[]): Promise<Uint8Array | undefined> {
  for (const key of keys) {
    const plain = await open(unb64(file), key).catch(() => undefined);
    if (plain) return plain;
  }
  return undefined;
}

/** Marks in the order in which they were set: one that lies before others may have come after them. */
export function asSet(marks: Mark[]): Mark[] {
  return marks.filter((m) => m.n > 0).sort((x, y) => x.n - y.n);
}

/** What of the marks was not taken yet, however often and in whichever order they are told. */
export class Unseen {
  private last = 0;

  among(marks: Mark[]): Mark[] {
    return asSet(marks).filter((m) => m.n > this.last);
  }

  take(marks: Mark[]): Mark[] {
    const fresh = this.among(marks);
    this.last = fresh.at(-1)?.n ?? this.last;
    return fresh;
  }
}

/** The words of a mark, "" when it has none or they can't be opened here. */
export async function wordsOf(mark: Mark, keys: string[]): Promise<string> {
  if (!mark.sealed) return "";
  const plain = await openWithAny(mark.sealed, keys);
  return plain ? (JSON.parse(new TextDecoder().decode(plain)) as { text: string }).text : "";
}
