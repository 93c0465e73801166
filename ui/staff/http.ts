/** What the server refused, in a sentence for the person. */
export class Refusal extends Error {
  constructor(
    readonly key: string,
    text: string,
  ) {
    super(text);
  }
}

/** Sends JSON and reads JSON; an answer without a body gives undefined. */
export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return answer<T>(
    await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  );
}

export async function get<T>(path: string): Promise<T> {
  return answer<T>(await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" }));
}

async function answer<T>(r: Response): Promise<T> {
  if (r.status === 204) return undefined as T;
  const body = (await r.json()) as T & { error?: string; text?: string };
  if (!r.ok) throw new Refusal(body.error ?? "", body.text ?? "");
  return body;
}
