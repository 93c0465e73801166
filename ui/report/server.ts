// The few calls to the server, and what its refusals mean here.

/** Refusal is an answer of the server that is not a success. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly key: string,
    readonly text: string,
  ) {
    super(key);
  }

  /** passing says whether the same request may succeed a little later. A closed desk is not that little. */
  get passing(): boolean {
    return (this.status >= 500 || this.status === 429) && this.key !== "fault.channel_closed";
  }
}

/** How long a request may take on a bad line before it is tried again, in milliseconds. */
const patience = 120_000;

/** call sends JSON (GET without a body) and reads JSON. A network that is lost or silent rejects, and not with a Refusal. */
export async function call<T>(path: string, body?: unknown): Promise<T> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), patience);
  try {
    return await exchange<T>(path, body, silent.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange<T>(path: string, body: unknown, signal: AbortSignal): Promise<T> {
  const answer = await fetch(path, {
    signal,
    method: body === undefined ? "GET" : "POST",
    headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    cache: "no-store",
    credentials: "omit",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) {
    let said = { error: "", text: "" };
    try {
      said = { ...said, ...(JSON.parse(text) as object) };
    } catch {
      // not our server's words; the status says enough
    }
    throw new Refusal(answer.status, said.error, said.text);
  }
  return JSON.parse(text) as T;
}

export interface DeskKey {
  channel: string;
  epoch: number;
  recipient: string;
  salt: string;
  work: { challenge: string; bits: number };
}

export function say(where: Element | null, text: string, kind = "notice"): void {
  if (!(where instanceof HTMLElement)) return;
  where.textContent = text;
  where.className = kind;
  where.hidden = text === "";
}

/** repaint lets the browser show what was said before long work begins. */
export function repaint(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}
