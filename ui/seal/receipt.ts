import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { wordsOf } from "./words.js";

/** The secret that leads back to a report: 10 random bytes. */
export type Receipt = Uint8Array;

export const receiptSize = 10;
export const wordCount = 8;
export const wordBits = 11n;
export const numberDigits = 25; // 2^80 has 25 decimal digits
export const checkDigits = 3;
export const checkModulus = 997n;

export function newReceipt(): Receipt {
  return randomBytes(receiptSize);
}

/** 28 digits in 7 groups of 4: the number as 25 digits, then modulo 997 as 3. */
export function receiptDigits(r: Receipt): string {
  const n = numberOf(r);
  const all = String(n).padStart(numberDigits, "0") + String(n % checkModulus).padStart(checkDigits, "0");
  return all.match(/.{4}/g)!.join(" ");
}

/**
 * 8 words of the language; none where there is no list for it or the list
 * can't be fetched: show the digits, which need nothing.
 */
export async function receiptWords(r: Receipt, lang: string): Promise<string[]> {
  let list: string[];
  try {
    list = await wordsOf(lang);
  } catch {
    return [];
  }
  const n = (numberOf(r) << 8n) | BigInt(checkByte(r));
  const words: string[] = [];
  for (let i = wordCount - 1; i >= 0; i--) words.push(list[Number((n >> (BigInt(i) * wordBits)) & 2047n)]!);
  return words;
}

/** The byte that 8 words carry beyond the 80 bits. */
export function checkByte(r: Receipt): number {
  return sha256(concatBytes(utf8ToBytes("verhaal/v1/receipt"), r))[0]!;
}

export function numberOf(r: Receipt): bigint {
  return r.reduce((n, byte) => (n << 8n) | BigInt(byte), 0n);
}

/** The receipt whose number n is; n must be below 2^80. */
export function receiptOf(n: bigint): Receipt {
  return Uint8Array.from({ length: receiptSize }, (_, i) => Number((n >> (8n * BigInt(receiptSize - 1 - i))) & 255n));
}
