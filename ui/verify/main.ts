// The public page that checks an exported recording. Whoever opens it chooses a
// file; nothing of it leaves the page, whose policy lets it send nothing.
import { Refused } from "./archive.js";
import { check } from "./check.js";
import { toJSON, type Result } from "./result.js";
import { keyWords, Sheet } from "./show.js";
import { Words } from "./words.js";

const page = document.querySelector<HTMLElement>("[data-verify]");
if (page) begin(page);

function begin(page: HTMLElement): void {
  const one = <E extends HTMLElement>(selector: string): E => page.querySelector<E>(selector)!;
  const words = new Words(page);
  const list = one<HTMLTemplateElement>("[data-list]").content.textContent!.trim().split(/\s+/);
  const sheet = new Sheet(one("[data-result]"), words, list, page.dataset.house!);
  const [input, key, zone] = [one<HTMLInputElement>("[type=file]"), one<HTMLInputElement>("[name=key]"), one("[data-drop]")];
  const [progress, busy, problem, result] = [one<HTMLProgressElement>("progress"), one("[data-busy]"), one("[data-problem]"), one("[data-result]")];
  let stop = new AbortController();
  let json = "";
  let held: File | undefined;

  async function run(file: File): Promise<void> {
    stop.abort();
    const mine = (stop = new AbortController());
    [problem.hidden, result.hidden, busy.hidden] = [true, true, false];
    progress.removeAttribute("value");
    const begun = performance.now();
    try {
      const checked = await check(file, {
        logKey: key.value.trim(),
        signal: mine.signal,
        tell: (done, all) => {
          if (mine.signal.aborted) return;
          progress.max = Math.max(all, 1);
          progress.value = done;
        },
      });
      if (mine.signal.aborted) return;
      json = toJSON(checked.result, (says) => words.tellEnglish(says));
      sheet.show(file, checked);
      offer(checked.result);
      result.dataset.seconds = ((performance.now() - begun) / 1000).toFixed(3);
      result.hidden = false;
      result.focus();
    } catch (e) {
      if (mine.signal.aborted) return;
      problem.textContent = refusal(e);
      problem.hidden = false;
    } finally {
      if (mine === stop) busy.hidden = true;
    }
  }

  /** Why nothing could be checked. What fails while a file is read is that file's fault, or the disk's. */
  function refusal(e: unknown): string {
    if (!(e instanceof Refused)) console.warn(e);
    const [reason, file] = e instanceof Refused ? [e.reason, e.file] : ["unreadable", ""];
    return words.text(`refused.${reason}`, { file });
  }

  function offer(r: Result): void {
    const link = one<HTMLAnchorElement>("[data-json]");
    if (link.href) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([json], { type: "application/json" }));
    link.download = `verify-${r.recording?.slice(0, 8) ?? "recording"}.json`;
  }

  const again = (file = held): void => {
    held = file;
    if (file) void run(file);
  };
  // The same file chosen again is read again: it may be another by now.
  input.addEventListener("click", () => (input.value = ""));
  input.addEventListener("change", () => again(input.files?.[0]));
  key.addEventListener("change", () => again());
  one("[data-stop]").addEventListener("click", () => {
    stop.abort();
    busy.hidden = true;
    [input.value, held] = ["", undefined];
    input.focus();
  });
  one("[data-print]").addEventListener("click", () => window.print());
  // A file that misses the place must not replace the page.
  for (const event of ["dragover", "drop"]) addEventListener(event, (e) => e.preventDefault());
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (e) => {
    zone.classList.remove("over");
    const file = e.dataTransfer?.files[0];
    input.value = "";
    if (file) again(file);
  });
  // A copy of this page that came along with a recording knows no key of its own.
  if (page.dataset.house) one("[data-house-words]").textContent = keyWords(page.dataset.house, list);
  one("[data-no-script]").hidden = true;
  one("[data-choose]").hidden = false;
}
