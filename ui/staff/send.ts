// Sending a form without leaving its page: what is refused stays as it was typed,
// with what is wrong beside it.
import { Refusal, sendForm } from "./http.js";

/** sent is what a form tells when what was typed in it has left. */
export const sent = "verhaal:sent";

/** What is booked is shown on a page of its own, to whoever goes on all the same. */
const clashes = "planner.fault.clashes";

/** tell says in box what stands in the way. */
export function tell(box: HTMLElement, why: string | Node): void {
  const problem = box.querySelector<HTMLElement>("[data-problem]")!;
  problem.replaceChildren(why);
  problem.hidden = false;
}

/** signIn leads there beside this page, on which what was typed waits to be sent again. */
function signIn(why: string): Node {
  const link = document.createElement("a");
  link.href = "/staff/sign-in";
  link.target = "_blank";
  link.textContent = why;
  return link;
}

/** attempt does something and tells in box what went wrong; what was typed stays. */
export async function attempt(box: HTMLElement, failed: string, what: () => Promise<void>): Promise<void> {
  box.querySelector<HTMLElement>("[data-problem]")!.hidden = true;
  try {
    await what();
  } catch (e) {
    const why = e instanceof Refusal && e.message ? e.message : failed;
    tell(box, e instanceof Refusal && e.signedOut ? signIn(why) : why);
  }
}

/** sendInPlace makes a form be sent from where it stands, after what must happen before. */
export function sendInPlace(form: HTMLFormElement, before?: () => Promise<void>): void {
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const button = form.querySelector<HTMLButtonElement>("button:not([type=button])")!;
    button.disabled = true; // twice sent is kept twice, also while the next page is on its way
    void attempt(form, form.dataset.failed!, async () => {
      try {
        await before?.();
        const page = await sendForm(form);
        form.dispatchEvent(new Event(sent));
        go(page);
      } catch (e) {
        if (e instanceof Refusal && e.key === clashes) return form.submit();
        button.disabled = false;
        throw e;
      }
    });
  });
}

/** go loads a page, also when it is the one that is shown. */
function go(address: string): void {
  const before = location.pathname + location.search;
  location.assign(address);
  if (new URL(address, location.href).hash && before === location.pathname + location.search) location.reload();
}
