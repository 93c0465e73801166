import { accountPage } from "./account.js";
import { enrolPage } from "./enrol.js";
import { watchIdle } from "./idle.js";
import { signInPage } from "./sign_in.js";

const page = (name: string) => document.querySelector<HTMLElement>(`[data-page="${name}"]`);

for (const el of document.querySelectorAll<HTMLElement>("[data-insecure]")) el.hidden = isSecureContext;

const signIn = page("sign-in");
const enrol = page("enrol");
const account = page("account");
if (signIn) signInPage(signIn);
if (enrol) enrolPage(enrol);
if (account) {
  watchIdle();
  accountPage(account);
}
