// Whether the server sealed what lies on this computer: by the seal's signature,
// not by the server's word.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { openNote, unb64 } from "../audit/merkle.js";
import { sealText } from "../verify/log.js";
import { hashAt, keptParts, placesIn, readText } from "./disk.js";

/** Name of the text beside the records that holds the log's key, as the recorder knew it. */
export const sealKey = "log-key";

interface Manifest {
  log: string;
  tracks: { track: number; parts: { part: number; head: string; records: number }[] }[];
}

/** True if the log's key signed a manifest in which every part ends as it ends here. */
export async function sealedAsHere(recording: string): Promise<boolean> {
  const parts = await keptParts(recording);
  if (!parts.length) return true; // of one who watched: nothing that is sealed lies here
  const key = await readText(recording, sealKey);
  const answer = await fetch(`/record/${recording}/manifest`, { cache: "no-store" });
  if (!key || !answer.ok) return false;
  const text = new Uint8Array(await answer.arrayBuffer());
  const manifest = JSON.parse(new TextDecoder().decode(text)) as Manifest;
  const signed = new TextDecoder().decode(unb64(answer.headers.get("Verhaal-Seal") ?? ""));
  if (openNote(signed, key).text !== sealText(recording, bytesToHex(sha256(text)), manifest.log)) return false;
  for (const { part, file } of parts) {
    const places = await placesIn(file);
    const last = places.at(-1);
    if (!last) continue;
    const sealed = manifest.tracks.find((t) => t.track === part.track)?.parts.find((p) => p.part === part.part);
    if (sealed?.records !== places.length || sealed.head !== bytesToHex(await hashAt(file, last))) return false;
  }
  return true;
}
