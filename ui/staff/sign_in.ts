// Signing in, and unlocking the key again in a tab that does not have it.
import { deriveFromPRF, open } from "../seal/index.js";
import { b64, unb64 } from "../seal/bytes.js";
import { busy, field, onSend, Told, words } from "./form.js";
import { get, post, Refusal } from "./http.js";
import { fromPassphrase } from "./passphrase.js";
import { evaluate, passkeysWork, usePasskey, type Ceremony } from "./passkey.js";
import { forget, keep, tryUnlocked } from "./unlocked.js";
import { work } from "../seal/work.js";

interface Greeting {
  salt: string;
  challenge: string;
  bits: number;
}
interface SignedIn {
  share: string;
  wrapped: string | null;
}
interface Locked {
  salt: string;
  wraps: { kind: string; credential: string; wrapped: string }[];
}

const text = (b: Uint8Array): string => new TextDecoder().decode(b);

export function signInPage(root: HTMLElement): void {
  const back = root.dataset.back!;
  const signedIn = "signedIn" in root.dataset;
  for (const el of root.querySelectorAll<HTMLElement>("[data-needs-passkey]")) el.hidden = !passkeysWork();

  onSend(root.querySelector("form[data-passphrase]"), (form) =>
    busy(root, async () => {
      await (signedIn ? unlockByPassphrase(root, form) : byPassphrase(form));
      location.assign(back);
    }),
  );
  onSend(root.querySelector("form[data-passkey]"), () =>
    busy(root, async () => {
      await (signedIn ? unlockByPasskey(root) : byPasskey());
      location.assign(back);
    }),
  );
  if (!signedIn) forget();
  else void tryUnlocked().then((identity) => identity && location.assign(back));
}

async function byPassphrase(form: HTMLFormElement): Promise<void> {
  const login = field(form, "login").value;
  const passphrase = field(form, "passphrase").value;
  for (let attempt = 0; ; attempt++) {
    const hello = await post<Greeting>("/staff/salt", { login });
    const keys = await fromPassphrase(passphrase, unb64(hello.salt));
    const nonce = await work(hello.challenge, keys.proof, hello.bits);
    try {
      const got = await post<SignedIn>("/staff/sign-in/passphrase", {
        login,
        proof: b64(keys.proof),
        challenge: hello.challenge,
        nonce,
      });
      keep(text(await open(unb64(got.wrapped!), keys.identity)), unb64(got.share));
      return;
    } catch (e) {
      // More work is asked for than a moment ago.
      if (!(e instanceof Refusal && e.key === "staff.fault.work" && attempt < 3)) throw e;
    }
  }
}

async function byPasskey(): Promise<void> {
  const begun = await post<Ceremony>("/staff/sign-in/passkey/begin");
  const answer = await usePasskey(begun.options);
  const got = await post<SignedIn>("/staff/sign-in/passkey/finish", { state: begun.state, credential: answer.credential });
  if (got.wrapped && answer.prf) {
    const keys = await deriveFromPRF(answer.prf);
    keep(text(await open(unb64(got.wrapped), keys.identity)), unb64(got.share));
    return;
  }
  // Signed in, but this passkey can't unlock: the same page now asks for the passphrase.
  location.reload();
  await new Promise(() => {});
}

async function unlockByPassphrase(root: HTMLElement, form: HTMLFormElement): Promise<void> {
  const locked = await get<Locked>("/staff/key");
  const wrap = locked.wraps.find((w) => w.kind === "passphrase");
  if (!wrap) throw new Told(words(root, "no-passphrase"));
  const keys = await fromPassphrase(field(form, "passphrase").value, unb64(locked.salt));
  await unlock(root, wrap.wrapped, keys.identity, "wrong");
}

async function unlockByPasskey(root: HTMLElement): Promise<void> {
  const locked = await get<Locked>("/staff/key");
  const wraps = locked.wraps.filter((w) => w.kind === "passkey");
  if (wraps.length === 0) throw new Told(words(root, "no-prf"));
  const answer = await evaluate(wraps.map((w) => w.credential));
  const wrap = wraps.find((w) => w.credential === answer.id);
  if (!wrap || !answer.prf) throw new Told(words(root, "no-prf"));
  await unlock(root, wrap.wrapped, (await deriveFromPRF(answer.prf)).identity, "no-prf");
}

async function unlock(root: HTMLElement, wrapped: string, identity: string, otherwise: string): Promise<void> {
  const { share } = await get<{ share: string }>("/staff/share");
  let own: string;
  try {
    own = text(await open(unb64(wrapped), identity));
  } catch {
    throw new Told(words(root, otherwise));
  }
  keep(own, unb64(share));
}
