import { Refusal } from "./http.js";

/** The page's own sentence for key, in a hidden element of the form's section. */
export function words(root: ParentNode, key: string): string {
  return root.querySelector<HTMLElement>(`[data-say="${key}"]`)?.textContent?.trim() ?? "";
}

export const field = (root: ParentNode, name: string): HTMLInputElement =>
  root.querySelector<HTMLInputElement>(`[name="${name}"]`)!;

/** Shows text where the section shows what went wrong; "" hides it. */
export function problem(root: ParentNode, text: string): void {
  const box = root.querySelector<HTMLElement>("[data-problem]")!;
  box.textContent = text;
  box.hidden = !text;
  if (text) box.scrollIntoView({ block: "nearest" });
}

/**
 * Runs act, with the section's buttons held and a line that says to wait.
 * What the server refused is told in its own words; giving up on a passkey is
 * told as such; all else as the section's "failed".
 */
export async function busy(root: HTMLElement, act: () => Promise<void>): Promise<void> {
  const buttons = [...root.querySelectorAll("button")].filter((b) => !b.disabled);
  const line = root.querySelector<HTMLElement>("[data-busy]");
  problem(root, "");
  for (const b of buttons) b.disabled = true;
  if (line) line.hidden = false;
  try {
    await act();
  } catch (e) {
    if (e instanceof Refusal && e.message) problem(root, e.message);
    else if (e instanceof Told) problem(root, e.message);
    else if (e instanceof DOMException) problem(root, words(root, "cancelled"));
    else problem(root, words(root, "failed"));
  }
  for (const b of buttons) b.disabled = false;
  if (line) line.hidden = true;
}

/** A problem that has its sentence already. */
export class Told extends Error {}

/** Has the browser save a file, and keeps a link with which it can be saved again. */
export function hand(link: HTMLAnchorElement, file: Blob, name: string): void {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
}

/** Runs act when the form is sent. */
export function onSend(form: HTMLFormElement | null, act: (form: HTMLFormElement) => void): void {
  form?.addEventListener("submit", (e) => {
    e.preventDefault();
    act(form);
  });
}
