import { derive, type Keys } from "../seal/index.js";

/** How good a passphrase is; "short" ones are not accepted. */
export type Strength = "short" | "enough" | "strong";

const fewestWords = 5;
const fewestLetters = 14;

/** At least five different words, or 14 characters of at least eight kinds. */
export function strength(passphrase: string): Strength {
  const text = passphrase.normalize("NFKC").trim();
  const words = new Set(text.toLowerCase().split(/\s+/u)).size;
  const letters = [...text];
  const kinds = new Set(letters).size;
  if (kinds < 8 || (words < fewestWords && letters.length < fewestLetters)) return "short";
  return words > fewestWords || letters.length >= 22 ? "strong" : "enough";
}

/** The keys of a passphrase; the spelling of a keyboard makes no difference. */
export async function fromPassphrase(passphrase: string, salt: Uint8Array): Promise<Keys> {
  return derive(new TextEncoder().encode(passphrase.normalize("NFKC")), salt);
}
