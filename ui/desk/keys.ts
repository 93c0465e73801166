// The desk's keys in this tab: wraps opened with the member's own key.
import * as seal from "../seal/index.js";
import { get, post, Refusal } from "../staff/http.js";
import { unlockedIdentity } from "../staff/unlocked.js";

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

/** deskKeys opens all epochs of a channel that this member holds. */
export async function deskKeys(channel: string): Promise<Map<number, string>> {
  const own = await unlockedIdentity();
  const keys = new Map<number, string>();
  for (const w of await get<Wrap[]>(`/desk/${channel}/wraps`)) {
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

/** doDuty makes the desk's next key, or passes the ones this member has on to colleagues. */
export async function doDuty(channel: string): Promise<void> {
  await unlockedIdentity();
  const duty = await get<Duty>(`/desk/${channel}/duty`);
  if (duty.new) {
    const made = await seal.newIdentity();
    await post(`/desk/${channel}/epoch`, {
      previous: duty.current,
      recipient: made.recipient,
      wraps: await wrapFor(duty.holders, made.identity),
    });
  }
  const keys = await deskKeys(channel);
  for (const [epoch, holders] of Object.entries(duty.missing)) {
    const identity = keys.get(Number(epoch));
    if (identity) await post(`/desk/${channel}/wraps`, { epoch: Number(epoch), wraps: await wrapFor(holders, identity) });
  }
}

/** listenForDuties makes the buttons of the desks' page work. */
export function listenForDuties(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-duty]")) {
    const button = box.querySelector("button")!;
    const status = box.querySelector<HTMLElement>("[data-status]")!;
    button.addEventListener("click", async () => {
      button.disabled = true;
      status.hidden = false;
      status.textContent = box.dataset.working!;
      try {
        await doDuty(box.dataset.channel!);
        location.reload();
      } catch (e) {
        const conflict = e instanceof Refusal && e.key === "fault.conflict";
        status.textContent = conflict ? box.dataset.conflict! : e instanceof Refusal && e.message ? e.message : box.dataset.failed!;
        button.disabled = false;
      }
    });
  }
}
