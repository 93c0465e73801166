// The member's private key, unlocked in this tab and nowhere else. At rest it
// lies in sessionStorage encrypted under a share that the server gives to the
// live session only: a tab whose session ended holds nothing that opens
// anything. Desk and admin pages need unlockedIdentity and no more.
import { unb64 } from "../seal/bytes.js";
import { keepUnder, openUnder } from "../seal/kept.js";
import { get } from "./http.js";
import { watchIdle } from "./idle.js";

const slot = "verhaal";

/** How long another tab of this browser has to hand its sealed key over. */
const handOver = 300;

const tabs = new BroadcastChannel("verhaal.key");
tabs.onmessage = ({ data }) => {
  const sealed = sessionStorage.getItem(slot);
  if (data === "ask" && sealed) tabs.postMessage({ sealed });
};

/** Keeps an unlocked key (AGE-SECRET-KEY-PQ-1…) for this tab's session. */
export function keep(identity: string, share: Uint8Array): void {
  sessionStorage.setItem(slot, keepUnder(share, new TextEncoder().encode(identity)));
}

/** Forgets the key in this tab. */
export function forget(): void {
  sessionStorage.removeItem(slot);
}

/** The key if this tab, or another one of the same session, has it unlocked. */
export async function tryUnlocked(): Promise<string | undefined> {
  let share: Uint8Array;
  try {
    share = unb64((await get<{ share: string }>("/staff/share")).share);
  } catch {
    forget();
    return undefined;
  }
  const own = read(sessionStorage.getItem(slot), share);
  if (own) return own;
  forget();
  const identity = read(await fromOtherTab(), share);
  if (identity) keep(identity, share);
  return identity;
}

/**
 * The member's private key, AGE-SECRET-KEY-PQ-1…. When it is locked the page
 * goes to sign in, comes back afterwards, and the promise never settles.
 */
export async function unlockedIdentity(): Promise<string> {
  watchIdle();
  const identity = await tryUnlocked();
  if (identity) return identity;
  location.assign("/staff/sign-in?back=" + encodeURIComponent(location.pathname));
  return new Promise(() => {});
}

function read(kept: string | null | undefined, share: Uint8Array): string | undefined {
  if (!kept) return undefined;
  try {
    return new TextDecoder().decode(openUnder(share, kept));
  } catch {
    return undefined; // of another session
  }
}

function fromOtherTab(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ask = new BroadcastChannel("verhaal.key");
    const stop = (sealed?: string) => {
      clearTimeout(timer);
      ask.close();
      resolve(sealed);
    };
    const timer = setTimeout(stop, handOver);
    ask.onmessage = ({ data }) => {
      if (typeof data?.sealed === "string") stop(data.sealed);
    };
    ask.postMessage("ask");
  });
}
