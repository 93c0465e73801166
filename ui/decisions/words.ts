// Words that the prosecutor's own key opens.
import * as seal from "../seal/index.js";

/** opened are words that the own key opens. */
export async function opened<T>(file: Uint8Array, own: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await seal.open(file, own))) as T;
}

/** show opens words with the own key and puts them in their place. */
export async function show(place: HTMLElement, sealed: string, own: string): Promise<void> {
  place.textContent = (await opened<{ text: string }>(seal.unb64(sealed), own)).text;
  place.hidden = false;
}
