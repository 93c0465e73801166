// Shared keys in this tab, of a desk or a case file: wraps opened with the
// member's own key. A ring is named by the path of its thing ("/desk/police-avim").
import * as seal from "../seal/index.js";
import { get, post, Refusal } from "./http.js";
import { unlockedIdentity } from "./unlocked.js";

const decoder = new TextDecoder();

interface Wrap {
  epoch: number;
  wrapped: string;
}

interface Holder {
  id: string;
  recipient: string;
}

interface Duty {
  current: number;
  new: boolean;
  holders: Holder[];
  missing: Record<string, Holder[]>;
}

/** ringKeys opens all epochs of a ring that this member holds. */
export async function ringKeys(ring: string): Promise<Map<number, string>> {
  const own = await unlockedIdentity();
  const keys = new Map<number, string>();
  for (const w of await get<Wrap[]>(`${ring}/wraps`)) {
    keys.set(w.epoch, decoder.decode(await seal.open(seal.unb64(w.wrapped), own)));
  }
  return keys;
}

async function wrapFor(holders: Holder[], identity: string): Promise<Record<string, string>> {
  const wraps: Record<string, string> = {};
  for (const h of holders) {
    wraps[h.id] = seal.b64(await seal.seal(new TextEncoder().encode(identity), [h.recipient]));
  }
  return wraps;
}

/** doDuty makes the ring's next key, or passes the ones this member has on to colleagues. */
export async function doDuty(ring: string): Promise<void> {
  await unlockedIdentity();
  const duty = await get<Duty>(`${ring}/duty`);
  if (duty.new) {
    const made = await seal.newIdentity();
    await post(`${ring}/epoch`, {
      previous: duty.current,
      recipient: made.recipient,
      wraps: await wrapFor(duty.holders, made.identity),
    });
  }
  const keys = await ringKeys(ring);
  for (const [epoch, holders] of Object.entries(duty.missing)) {
    const identity = keys.get(Number(epoch));
    if (identity) await post(`${ring}/wraps`, { epoch: Number(epoch), wraps: await wrapFor(holders, identity) });
  }
}

/** listenForDuties makes the buttons work that ask for a duty. */
export function listenForDuties(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-duty]")) {
    const button = box.querySelector("button")!;
    const status = box.querySelector<HTMLElement>("[data-status]")!;
    button.addEventListener("click", async () => {
      button.disabled = true;
      status.hidden = false;
      status.textContent = box.dataset.working!;
      try {
        await doDuty(box.dataset.ring!);
        location.reload();
      } catch (e) {
        const conflict = e instanceof Refusal && e.key === "fault.conflict";
        status.textContent = conflict ? box.dataset.conflict! : e instanceof Refusal && e.message ? e.message : box.dataset.failed!;
        button.disabled = false;
      }
    });
  }
}
