// The member's own account: another passphrase, another passkey.
import { deriveFromPRF, seal } from "../seal/index.js";
import { b64, unb64 } from "../seal/bytes.js";
import { checkChosen, tellStrength } from "./enrol.js";
import { busy, field, onSend } from "./form.js";
import { get, post } from "./http.js";
import { fromPassphrase } from "./passphrase.js";
import { makePasskey, passkeysWork, type Ceremony } from "./passkey.js";
import { unlockedIdentity } from "./unlocked.js";

export function accountPage(page: HTMLElement): void {
  for (const el of page.querySelectorAll<HTMLElement>("[data-needs-passkey]")) el.hidden = !passkeysWork();
  const passphrase = page.querySelector<HTMLElement>("[data-change-passphrase]")!;
  const passkey = page.querySelector<HTMLElement>("[data-add-passkey]")!;
  tellStrength(passphrase.querySelector("form")!);

  onSend(passphrase.querySelector("form"), (form) => busy(passphrase, () => change(passphrase, form)));
  onSend(passkey.querySelector("form[data-make]"), (form) => busy(passkey, () => add(form)));
}

async function wrapTo(recipient: string): Promise<string> {
  return b64(await seal(new TextEncoder().encode(await unlockedIdentity()), [recipient]));
}

async function change(root: HTMLElement, form: HTMLFormElement): Promise<void> {
  const chosen = field(form, "passphrase").value;
  checkChosen(root, form, chosen);
  const salt = unb64((await get<{ salt: string }>("/staff/key")).salt);
  const old = form.querySelector<HTMLInputElement>('[name="old"]');
  const keys = await fromPassphrase(chosen, salt);
  await post("/staff/account/passphrase", {
    old: old ? b64((await fromPassphrase(old.value, salt)).proof) : null,
    proof: b64(keys.proof),
    wrapped: await wrapTo(keys.recipient),
  });
  location.assign("/staff/account?done=passphrase");
}

async function add(form: HTMLFormElement): Promise<void> {
  await unlockedIdentity(); // before the authenticator makes something useless
  const begun = await post<Ceremony>("/staff/account/passkey/begin");
  const made = await makePasskey(begun.options);
  await post("/staff/account/passkey", {
    state: begun.state,
    credential: made.credential,
    label: field(form, "label").value,
    wrapped: made.prf ? await wrapTo((await deriveFromPRF(made.prf)).recipient) : null,
  });
  location.assign("/staff/account?done=passkey");
}
