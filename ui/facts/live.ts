// With scripts a decision follows every change of the facts beside it; without
// them the button does the same. What is typed goes in the body of a request,
// never in an address.
let asked = 0;
let timer = 0;

async function decide(facts: HTMLFormElement, address: string): Promise<void> {
  const mine = ++asked;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(facts)) if (typeof value === "string") body.append(name, value);
  const answer = await fetch(address, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // An older answer that comes late must not replace a newer one.
  if (!answer.ok || mine !== asked) return;
  replace(page);
}

function replace(page: Document): void {
  const now = document.querySelector("[data-decision]");
  const next = page.querySelector("[data-decision]");
  const said = document.querySelector("[data-verdict]");
  const say = page.querySelector("[data-verdict]");
  if (!now || !next || !said || !say) return;
  // What the reader opened or closed stays so.
  const open = new Map<string, boolean>();
  for (const d of now.querySelectorAll<HTMLDetailsElement>("details[data-status]")) open.set(d.dataset.status ?? "", d.open);
  for (const d of next.querySelectorAll<HTMLDetailsElement>("details[data-status]")) d.open = open.get(d.dataset.status ?? "") ?? d.open;
  now.replaceChildren(...next.childNodes);
  // The live region itself stays, so that its change, and only a change, is read out.
  if (said.textContent !== say.textContent) said.replaceChildren(...say.childNodes);
}

/** follow asks address for the decision at every change of the form. */
export function follow(form: HTMLFormElement, address: string): void {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void decide(form, address).catch(() => undefined), 120);
  });
}

/** decideOnSubmit shows the decision in place instead of a new page. */
export function decideOnSubmit(form: HTMLFormElement): void {
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    void decide(form, form.action).catch(() => form.submit());
  });
}
