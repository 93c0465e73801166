// Enrolling: the code, then the key that is made here, and the ways to unlock it.
import { deriveFromPRF, newIdentity, seal } from "../seal/index.js";
import { b64, unb64 } from "../seal/bytes.js";
import { busy, field, onSend, Told, words } from "./form.js";
import { post } from "./http.js";
import { fromPassphrase, strength } from "./passphrase.js";
import { makePasskey, passkeysWork, type Ceremony } from "./passkey.js";
import { keep } from "./unlocked.js";

interface Begun {
  choose: boolean;
  login: string;
  name: string;
  recovery: string;
  fingerprint: string;
  passkey: Ceremony;
}
interface Made {
  state: string;
  credential: unknown;
  label: string;
  prf?: Uint8Array;
}

export function enrolPage(root: HTMLElement): void {
  const first = root.querySelector<HTMLFormElement>("form[data-code]")!;
  const second = root.querySelector<HTMLFormElement>("form[data-keys]")!;
  let begun: Begun;
  let passkey: Made | undefined;

  // A code in the fragment never reaches a server or its logs, and leaves the
  // address at once.
  if (location.hash.length > 1) {
    field(first, "code").value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  for (const el of root.querySelectorAll<HTMLElement>("[data-needs-passkey]")) el.hidden = !passkeysWork();
  tellStrength(second);

  onSend(first, () =>
    busy(root, async () => {
      begun = await post<Begun>("/staff/enrol/begin", { code: field(first, "code").value });
      for (const name of ["login", "name"] as const) {
        field(second, name).value = begun[name];
        field(second, name).readOnly = !begun.choose;
      }
      second.querySelector("[data-fingerprint]")!.textContent = begun.fingerprint.match(/.{8}/g)!.join(" ");
      first.hidden = true;
      second.hidden = false;
      second.querySelector<HTMLInputElement>("input:not([readonly])")?.focus();
    }),
  );
  second.querySelector("[data-make-passkey]")!.addEventListener("click", () =>
    busy(root, async () => {
      const made = await makePasskey({ ...begun.passkey.options, user: shown(begun, second) });
      passkey = { state: begun.passkey.state, credential: made.credential, label: field(second, "label").value, prf: made.prf };
      const said = second.querySelector<HTMLElement>("[data-passkey-made]")!;
      said.textContent = words(root, made.prf ? "passkey-unlocks" : "passkey-only");
      said.hidden = false;
      second.querySelector<HTMLElement>("[data-make-passkey]")!.hidden = true;
    }),
  );
  onSend(second, () => busy(root, () => enrol(root, first, second, begun, passkey)));
}

/** What the authenticator shows: the names as they stand in the form. */
function shown(begun: Begun, form: HTMLFormElement) {
  return { ...begun.passkey.options.user, name: field(form, "login").value || "-", displayName: field(form, "name").value || "-" };
}

async function enrol(root: HTMLElement, first: HTMLFormElement, form: HTMLFormElement, begun: Begun, passkey?: Made): Promise<void> {
  const chosen = field(form, "passphrase").value;
  if (!chosen && !passkey?.prf) throw new Told(words(root, passkey ? "passkey-only" : "no-way"));
  if (chosen) checkChosen(root, form, chosen);

  const login = field(form, "login").value;
  const own = await newIdentity();
  const wrap = async (recipient: string) => b64(await seal(new TextEncoder().encode(own.identity), [recipient]));
  let passphrase: { proof: string; wrapped: string } | null = null;
  if (chosen) {
    const { salt } = await post<{ salt: string }>("/staff/salt", { login });
    const keys = await fromPassphrase(chosen, unb64(salt));
    passphrase = { proof: b64(keys.proof), wrapped: await wrap(keys.recipient) };
  }
  const got = await post<{ share: string }>("/staff/enrol", {
    code: field(first, "code").value,
    login,
    name: field(form, "name").value,
    lang: document.documentElement.lang,
    recipient: own.recipient,
    recovery: await wrap(begun.recovery),
    passphrase,
    passkey: passkey
      ? {
          state: passkey.state,
          credential: passkey.credential,
          label: passkey.label,
          wrapped: passkey.prf ? await wrap((await deriveFromPRF(passkey.prf)).recipient) : null,
        }
      : null,
  });
  keep(own.identity, unb64(got.share));
  location.assign("/staff/");
}

/** Refuses a passphrase that is too short or typed differently twice. */
export function checkChosen(root: HTMLElement, form: HTMLFormElement, chosen: string): void {
  if (strength(chosen) === "short") throw new Told(words(root, "short"));
  if (chosen !== field(form, "again").value) throw new Told(words(root, "differ"));
}

/** Says while typing how strong the passphrase is. */
export function tellStrength(form: HTMLFormElement): void {
  const out = form.querySelector<HTMLElement>("[data-strength]")!;
  const input = field(form, "passphrase");
  input.addEventListener("input", () => {
    out.textContent = input.value ? words(form, strength(input.value)) : "";
  });
}
