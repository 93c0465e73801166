// Sends what a recorder left behind on this computer: after a crash, from any
// page of a signed-in colleague. What lies here is ciphertext; no key is needed.
import { bytesToHex } from "@noble/hashes/utils.js";
import { get } from "../staff/http.js";
import { hashAt, keptParts, keptRecordings, placesIn, remove } from "./disk.js";
import { bringLetters } from "./outbox.js";
import { sealedAsHere } from "./sealed.js";
import { state } from "./server.js";
import { bearing, Uplink } from "./uplink.js";

/** The lock that a recorder holds on its recording while it runs. */
export const lockOf = (recording: string): string => `verhaal/recording/${recording}`;

/** Sends the rest of every recording that no recorder of this browser holds. */
export async function rescueAll(): Promise<void> {
  for (const recording of await keptRecordings()) {
    await navigator.locks.request(lockOf(recording), { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      await rescue(recording).then(() => settle(recording)).catch(() => undefined); // the next page tries again
    });
  }
}

/** Sends the rest of one recording; the caller holds its lock. */
export async function rescue(recording: string): Promise<void> {
  for (const { part, file, token } of await keptParts(recording)) {
    const places = await placesIn(file);
    if (!places.length) continue;
    const { next } = await get<{ next: number }>(`/record/${recording}/${part.track}/${part.part}`, bearing(token));
    const uplink = new Uplink(
      part,
      token,
      () => true, // the hash is compared; who was to see the signature is gone
      async (w) => new Uint8Array(await file.slice(w.at, w.at + w.length).arrayBuffer()),
      () => undefined,
    );
    for (const p of places.slice(next)) {
      const hash = bytesToHex(await hashAt(file, p));
      uplink.add({ seq: p.header.seq, at: p.at, length: p.length, hash, end: p.header.mono + p.header.duration });
    }
    await uplink.drained();
  }
  await bringLetters(recording); // all of them, before any of a page that goes on: the last says whether the room is hidden
}

/**
 * Lets the copy go of what the server sealed as it lies here, and has twice if it
 * keeps a second copy. Of a case that is not ours a colleague's page does it.
 */
async function settle(recording: string): Promise<void> {
  const s = await state(recording);
  if (s.sealed && (s.alone || s.mirrored) && (await sealedAsHere(recording))) await remove(recording);
}
