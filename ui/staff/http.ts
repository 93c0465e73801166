/** What the server refused, in a sentence for the person. */
export class Refusal extends Error {
  constructor(
    readonly key: string,
    text: string,
    /** Nobody is signed in any more. */
    readonly signedOut = false,
  ) {
    super(text);
  }
}

/** Sends JSON and reads JSON; an answer without a body gives undefined. */
export async function post<T>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<T> {
  return answer<T>(
    await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) }),
  );
}

export async function get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  return answer<T>(await fetch(path, { headers: { Accept: "application/json", ...headers }, cache: "no-store" }));
}

/** Sends the bytes of a file. */
export async function put(path: string, file: Blob, headers: Record<string, string>): Promise<void> {
  await answer(await fetch(path, { method: "PUT", headers: { Accept: "application/json", ...headers }, body: file }));
}

/** Asks for bytes; a refusal is told as one. */
export async function bytes(path: string, how: RequestInit = {}): Promise<Response> {
  const r = await fetch(path, { cache: "no-store", ...how, headers: { Accept: "application/json", ...how.headers } });
  if (!r.ok) await answer(r);
  return r;
}

/** Sends a form as it stands; gives the address of the page that shows what came of it. */
export async function sendForm(form: HTMLFormElement): Promise<string> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  return (await answer<{ to: string }>(await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body }))).to;
}

async function answer<T>(r: Response): Promise<T> {
  if (r.status === 204) return undefined as T;
  const body = (await r.json()) as T & { error?: string; text?: string };
  if (!r.ok) throw new Refusal(body.error ?? "", body.text ?? "", r.status === 401);
  return body;
}
