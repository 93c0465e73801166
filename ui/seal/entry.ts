import {
  checkByte,
  checkDigits,
  checkModulus,
  numberDigits,
  receiptOf,
  receiptSize,
  wordBits,
  wordCount,
  type Receipt,
} from "./receipt.js";
import { listed, wordsOf } from "./words.js";

const longestEntry = 1000; // bytes of UTF-8
const mostGuesses = 512;

/**
 * Reads what a person typed: words of any list's language, or digits. Forgives
 * what internal/seal/entry.go forgives. undefined when it is neither eight
 * words nor 28 digits that fit each other; throws when a word list can't be
 * fetched, for then nobody knows.
 */
export async function parseReceipt(text: string): Promise<Receipt | undefined> {
  if (new TextEncoder().encode(text).length > longestEntry) return undefined;
  const parts = foldEntry(text).split(/[^\p{L}\p{Nd}]+/u).filter((part) => part !== "");
  const digits = parts.join("").replace(/o/g, "0").replace(/[li]/g, "1");
  if (/^[0-9]{28}$/.test(digits)) return fromDigits(digits);

  const words = parts
    .filter((part) => !/^[0-9]+$/.test(part))
    .map((part) => part.replace(/0/g, "o").replace(/1/g, "l"));
  if (words.length !== wordCount) return undefined;
  // A list in another script can't be meant.
  const arabic = /\p{Script=Arabic}/u.test(words.join(""));
  const lists: Map<string, number>[] = [];
  for (const lang of listed.filter((l) => (l === "ar") === arabic)) {
    const places = new Map((await wordsOf(lang)).map((word, i) => [foldEntry(word), i]));
    const found = read(words, places, false);
    if (found) return found;
    lists.push(places);
  }
  for (const places of lists) {
    const found = read(words, places, true);
    if (found) return found;
  }
  return undefined;
}

function fromDigits(all: string): Receipt | undefined {
  const n = BigInt(all.slice(0, numberDigits));
  const check = BigInt(all.slice(numberDigits, numberDigits + checkDigits));
  if (n >> BigInt(8 * receiptSize) !== 0n || n % checkModulus !== check) return undefined;
  return receiptOf(n);
}

/**
 * The one receipt that the words can spell in this list. With correct, each
 * word may be one slip away; two that both fit count as none, because a wrong
 * one would look like a lost report.
 */
function read(words: string[], places: Map<string, number>, correct: boolean): Receipt | undefined {
  const choices: number[][] = [];
  let guesses = 1;
  for (const word of words) {
    const place = places.get(word);
    const choice = place !== undefined ? [place] : correct ? near(word, places) : [];
    guesses *= choice.length;
    if (guesses === 0 || guesses > mostGuesses) return undefined;
    choices.push(choice);
  }
  const found: Receipt[] = [];
  for (let guess = 0; guess < guesses; guess++) {
    let rest = guess;
    let n = 0n;
    for (const choice of choices) {
      n = (n << wordBits) | BigInt(choice[rest % choice.length]!);
      rest = Math.floor(rest / choice.length);
    }
    const r = receiptOf(n >> 8n);
    if (checkByte(r) === Number(n & 255n)) found.push(r);
  }
  return found.length === 1 ? found[0] : undefined;
}

function near(word: string, places: Map<string, number>): number[] {
  const letters = [...word];
  return [...places].filter(([other]) => oneSlip(letters, [...other])).map(([, place]) => place);
}

/** Whether a and b are at optimal string alignment distance 1. */
function oneSlip(a: string[], b: string[]): boolean {
  if (a.length > b.length) [a, b] = [b, a];
  if (b.length - a.length > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const same = (x: number, y: number) => a.slice(x).join("") === b.slice(y).join("");
  if (a.length < b.length) return same(i, i + 1);
  if (i === a.length) return false;
  return same(i + 1, i + 1) || (a[i] === b[i + 1] && a[i + 1] === b[i] && same(i + 2, i + 2));
}

/**
 * Brings an entry, or a list's word, to what is compared: small letters without
 * accents, European digits, Arabic without marks and with alef, ya, kaf and ta
 * marbuta each in one form.
 */
function foldEntry(text: string): string {
  const forms: Record<string, string> = { "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "ı": "i" };
  return text
    .normalize("NFKD")
    .replace(/[\p{Mn}\p{Cf}\u0640]/gu, "") // accents, hamza on its seat, joiners, direction marks, tatweel
    .replace(/[\u0660-\u0669]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
    .replace(/[ٱىیةکı]/g, (c) => forms[c]!)
    .toLowerCase();
}
