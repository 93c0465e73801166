// Sends what a recorder left behind on this computer: after a crash, from any
// page of a signed-in colleague. What lies here is ciphertext; no key is needed.
import { bytesToHex } from "@noble/hashes/utils.js";
import { get, post } from "../staff/http.js";
import { hashAt, keptParts, keptRecordings, placesIn, remove, tokenOf } from "./disk.js";
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
      const ends = await rescue(recording).catch(() => undefined);
      if (ends) await settle(recording, ends).catch(() => undefined); // the next page tries again
    });
  }
}

/** Ends of tracks, in ms of the recording. */
export type Ends = Map<number, number>;

/**
 * Sends the rest of one recording; the caller holds its lock. Gives where each
 * track ends, and whether it was ended in order: then it is not in the map.
 */
export async function rescue(recording: string): Promise<Ends> {
  const ends: Ends = new Map();
  for (const { part, file, token } of await keptParts(recording)) {
    const places = await placesIn(file);
    const last = places.at(-1);
    if (!last) continue;
    if (last.header.flags & 4) ends.delete(part.track);
    else ends.set(part.track, last.header.mono + last.header.duration);
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
  await bringLetters(recording).catch(() => undefined); // they stay for the next page
  return ends;
}

/**
 * Writes down what is missing. What the server sealed as it lies here, and has
 * twice if it keeps a second copy, needs no copy here.
 */
async function settle(recording: string, ends: Ends): Promise<void> {
  const s = await state(recording).catch(() => undefined);
  if (!s) return; // not of a case of ours: a colleague's page does it
  if (s.sealed) {
    if ((s.alone || s.mirrored) && (await sealedAsHere(recording))) await remove(recording);
    return;
  }
  const now = s.now - s.started;
  for (const [track, from] of ends) {
    if (s.gaps.some((g) => g.track === track && g.from === from)) continue;
    // Whoever went on meanwhile recorded again from there.
    const later = s.parts.filter((p) => p.track === track && p.next > 0 && p.from >= from).map((p) => p.from);
    await post(`/record/${recording}/gaps`, { track, from, to: Math.min(now, ...later), reason: "browser" }, bearing(await tokenOf(recording, track, from)));
  }
}
