// The receipt on the page: shown once, to copy, to print, to take away.
import { receiptDigits, receiptWords, type Receipt } from "../seal/index.js";
import { say } from "./server.js";

/** keepReceipt fills the receipt in; a page of a place that never answers has no part for it. */
export async function keepReceipt(page: HTMLElement, receipt: Receipt, lang: string): Promise<void> {
  const box = page.querySelector<HTMLElement>("[data-receipt]");
  if (!box) return;
  const words = await receiptWords(receipt, lang);
  const digits = receiptDigits(receipt);
  const spelt = box.querySelector<HTMLElement>("[data-words]")!;
  spelt.replaceChildren(...words.flatMap((word) => [inSpan(word), " "]));
  spelt.hidden = words.length === 0;
  box.querySelector<HTMLDetailsElement>("[data-digits-part]")!.open = words.length === 0;
  box.querySelector("[data-digits]")!.textContent = digits;

  const keeping = page.querySelector<HTMLElement>("[data-keeping]")!;
  const copy = keeping.querySelector<HTMLButtonElement>("[data-copy]")!;
  copy.hidden = !navigator.clipboard; // missing without a secure context
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(words.join(" ") || digits);
    say(keeping.querySelector("[data-copy-status]"), copy.dataset.copied!, "notice warn");
  });
  keeping.querySelector("[data-print]")!.addEventListener("click", () => window.print());
  keeping.querySelector("[data-kept]")!.addEventListener("click", () => {
    box.remove();
    keeping.remove();
    const after = page.querySelector<HTMLElement>("[data-after]")!;
    after.hidden = false;
    after.focus();
  });
}

function inSpan(word: string): HTMLElement {
  const span = document.createElement("span");
  span.textContent = word;
  return span;
}
