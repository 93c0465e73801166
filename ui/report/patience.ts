// What to do when the server can't be reached, and what to say when it refuses.
import { Refusal } from "./server.js";

const first = 1000; // milliseconds
const longest = 30_000;

/** pause waits longer after each failure, or until the network is back or the button is pressed. */
export async function pause(failures: number, again: HTMLButtonElement): Promise<void> {
  again.hidden = false;
  const stop = new AbortController();
  await new Promise<void>((go) => {
    // A random part, so that many devices don't come back at the same moment.
    const timer = setTimeout(go, Math.min(first * 2 ** failures, longest) * (0.75 + Math.random() / 2));
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
    addEventListener("online", () => go(), { signal: stop.signal });
    again.addEventListener("click", () => go(), { signal: stop.signal });
  });
  stop.abort();
  again.hidden = true;
}

/** reason is the server's own sentence for a refusal, or otherwise. */
export function reason(e: unknown, otherwise: string): string {
  return e instanceof Refusal && e.text ? e.text : otherwise;
}
