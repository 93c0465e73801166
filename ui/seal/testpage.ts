// The browser's half of internal/seal/cross_test.go, which bundles this file
// and runs it in node as in a page without a secure context: one JSON array a
// line, [call, ...arguments]; bytes travel as base64; the answer is one line,
// {"value": …} or {"error": "…"}.
import {
  b64,
  derive,
  deriveFromPRF,
  fingerprint,
  newIdentity,
  newReceipt,
  open,
  padJSON,
  parseReceipt,
  receiptDigits,
  receiptWords,
  recipientOf,
  seal,
  unb64,
  type Keys,
} from "./index.js";

declare const process: {
  stdin: AsyncIterable<Uint8Array>;
  stdout: { write(text: string): void };
};

const lists = new Map<string, string>();
const { getRandomValues } = crypto;
const random = getRandomValues.bind(crypto);
Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: random } });
Object.defineProperty(globalThis, "CryptoKey", { value: undefined });
globalThis.fetch = async (path) => {
  const text = lists.get(String(path));
  return text === undefined ? new Response("", { status: 404 }) : new Response(text);
};

const keys = (k: Keys) => ({ ...k, lookup: b64(k.lookup), proof: b64(k.proof) });

const calls: Record<string, (...a: any[]) => unknown> = {
  list: (path: string, text: string) => void lists.set(path, text),
  unlist: () => lists.clear(),
  noWasm: () => void Object.defineProperty(globalThis, "WebAssembly", { value: undefined }),
  forbidWasm: () => {
    // As a page's policy without 'wasm-unsafe-eval' does.
    const refuse = () => Promise.reject(new WebAssembly.CompileError("refused by the policy"));
    Object.assign(WebAssembly, { compile: refuse, instantiate: refuse });
  },
  subtle: () => typeof crypto.subtle,
  seal: async (plain: string, recipients: string[]) => b64(await seal(unb64(plain), recipients)),
  open: async (file: string, identity: string) => b64(await open(unb64(file), identity)),
  padJSON: (v: unknown) => b64(padJSON(v)),
  newIdentity: () => newIdentity(),
  recipientOf: (identity: string) => recipientOf(identity),
  derive: async (secret: string, salt: string) => keys(await derive(unb64(secret), unb64(salt))),
  deriveFromPRF: async (prf: string) => keys(await deriveFromPRF(unb64(prf))),
  newReceipt: () => b64(newReceipt()),
  digits: (r: string) => receiptDigits(unb64(r)),
  words: (r: string, lang: string) => receiptWords(unb64(r), lang),
  parse: async (text: string) => {
    const r = await parseReceipt(text);
    return r ? b64(r) : "";
  },
  fingerprint: (recipient: string) => fingerprint(recipient),
};

async function answer(line: string): Promise<string> {
  const [call, ...args] = JSON.parse(line) as [string, ...unknown[]];
  try {
    return JSON.stringify({ value: (await calls[call]!(...args)) ?? null });
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}

const decoder = new TextDecoder();
let pieces: string[] = [];
for await (const chunk of process.stdin) {
  const [first, ...lines] = decoder.decode(chunk, { stream: true }).split("\n");
  pieces.push(first!);
  for (const next of lines) {
    process.stdout.write((await answer(pieces.join(""))) + "\n");
    pieces = [next];
  }
}
