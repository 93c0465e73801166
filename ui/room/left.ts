// What lies on this computer of recordings that were sealed without it: it is
// handed out as it is, encrypted. Nothing is deleted here.
import type { Part } from "./chunk.js";
import { keptParts, keptRecordings, placesIn } from "./disk.js";
import { state } from "./server.js";

/** The parts of which more records lie here than the server has, and their files. */
export async function unsent(recording: string): Promise<{ part: Part; file: File }[]> {
  const { parts } = await state(recording);
  const more: { part: Part; file: File }[] = [];
  for (const { part, file } of await keptParts(recording)) {
    const there = parts.find((p) => p.track === part.track && p.part === part.part)?.next ?? 0;
    if ((await placesIn(file)).length > there) more.push({ part, file });
  }
  return more;
}

/** Lists in box a file for each part that a sealed recording of the member's cases lacks records of. */
export async function offerLeft(box: HTMLElement): Promise<void> {
  for (const recording of await keptRecordings()) {
    const s = await state(recording).catch(() => undefined);
    if (!s?.sealed) continue;
    for (const { part, file } of await unsent(recording)) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = link.textContent = `${recording.slice(0, 8)}-${part.track}-${part.part}.vhc`;
      const item = document.createElement("li");
      item.append(link);
      box.querySelector("[data-files]")!.append(item);
      box.hidden = false;
    }
  }
}
