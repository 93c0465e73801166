// The official record (rule A-22): what somebody writes, sealed in this tab to
// the case key, beside what the recording knows by itself.
import { Draft } from "../cases/draft.js";
import { SealedCase } from "../cases/sealed.js";
import { attempt } from "../staff/send.js";
import { b64, unb64 } from "../seal/index.js";
import { words } from "../staff/form.js";
import { post } from "../staff/http.js";
import { secondsOf } from "./time.js";

interface Passage {
  at: string; // "0:14:05"
  words: string;
}

interface Written {
  fields: Record<string, string>;
  passages: Passage[];
}

/** What this tab keeps until it is saved. */
interface Unsaved extends Written {
  version: number; // over which it was written
  other?: Written; // that was found here, written over an earlier one
}

export class OfficialPage {
  private readonly form: HTMLFormElement;
  private readonly file: SealedCase;
  private readonly list: HTMLElement;
  private open: boolean; // a signed record is written anew only for a reason
  private other: Written | undefined;
  private saved = ""; // what stands on the screen while nothing was changed

  constructor(private readonly root: HTMLElement) {
    this.form = root.querySelector("[data-official]")!;
    this.list = root.querySelector("[data-passages]")!;
    this.open = "open" in root.dataset;
    this.file = new SealedCase(`/case/${root.dataset.case!}`);
  }

  async ready(): Promise<void> {
    const { held, epoch, recording } = this.root.dataset;
    await this.file.open();
    const before = held ? await this.file.unseal<Written>(unb64(held), Number(epoch)) : { fields: {}, passages: [] };
    this.root.querySelector<HTMLElement>("[data-no-script]")!.hidden = true;
    this.form.hidden = false;
    if (!before) return this.problem(words(this.root, "unreadable"));
    this.saved = JSON.stringify([{ fields: before.fields, passages: before.passages } satisfies Written, this.noticed?.checked]);
    this.show(before);
    this.root.addEventListener("input", () => this.signable());
    this.form.querySelector("[data-print]")!.addEventListener("click", () => window.print());
    if (!("last" in this.root.dataset)) return; // an earlier version is read, and no more
    this.form.querySelector("[data-add]")?.addEventListener("click", () => this.add({ at: "", words: "" }).querySelector("input")!.focus());
    this.form.querySelector("[name=reason]")?.addEventListener("change", (e) => {
      this.open = (e.target as HTMLSelectElement).value !== "";
      this.lock();
    });
    this.form.querySelector("[data-take]")!.addEventListener("click", () => this.decided(this.other));
    this.form.querySelector("[data-drop]")!.addEventListener("click", () => this.decided());
    const draft = new Draft(this.whole(), this.file, `/record/${recording}/official`);
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(this.form, words(this.root, "failed"), () => this.save(draft));
    });
    await draft.follow(() => (this.root.querySelector<HTMLElement>("[data-draft]")!.hidden = this.other !== undefined));
  }

  private fields(): HTMLTextAreaElement[] {
    return [...this.form.querySelectorAll<HTMLTextAreaElement>("textarea[name]")];
  }

  private written(): Written {
    const passages = [...this.list.querySelectorAll("li")].map((li) => ({
      at: li.querySelector<HTMLInputElement>("[data-at]")!.value.trim(),
      words: li.querySelector<HTMLTextAreaElement>("[data-words]")!.value.trim(),
    }));
    return { fields: Object.fromEntries(this.fields().map((f) => [f.name, f.value.trim()])), passages: passages.filter((p) => p.words) };
  }

  private get noticed(): HTMLInputElement | null {
    return this.root.querySelector<HTMLInputElement>("[name=notice_given]");
  }

  /** All that is written, as one text that a draft can keep. */
  private whole() {
    const page = this;
    return {
      get value() {
        return JSON.stringify({ ...page.written(), version: page.version, other: page.other } satisfies Unsaved);
      },
      set value(text: string) {
        const { version, other, ...written } = JSON.parse(text) as Unsaved;
        // Over another version, or over one that was signed since, it stands beside.
        const fits = version === page.version && page.open;
        if (fits) page.show(written);
        const found = fits ? other : written;
        if (found) page.beside(found);
      },
      addEventListener: this.form.addEventListener.bind(this.form),
    };
  }

  private get version(): number {
    return Number(this.root.dataset.version);
  }

  /** Shows what was not saved beside what stands there now. */
  private beside(other: Written): void {
    this.other = other;
    const line = (label: string, text: string) => {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      [dt.textContent, dd.textContent, dd.className] = [label, text, "told"];
      return [dt, dd];
    };
    this.form.querySelector("[data-other-words]")!.replaceChildren(
      ...this.fields().flatMap((f) => (other.fields[f.name] ? line(f.labels[0]!.textContent!, other.fields[f.name]!) : [])),
      ...other.passages.flatMap((p) => line(p.at, p.words)),
    );
    this.lock();
  }

  /** Ends what was found beside: it is taken into the form, or was read and is not wanted. */
  private decided(taken?: Written): void {
    this.other = undefined;
    if (taken) this.show(taken);
    else this.lock();
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  private show(w: Written): void {
    for (const f of this.fields()) f.value = w.fields[f.name] ?? "";
    this.list.replaceChildren();
    for (const p of w.passages) this.add(p);
    this.lock();
  }

  private add(p: Passage): HTMLElement {
    const item = this.root.querySelector<HTMLTemplateElement>("[data-passage]")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
    const at = item.querySelector<HTMLInputElement>("[data-at]")!;
    const link = item.querySelector<HTMLAnchorElement>("[data-link]")!;
    const follow = () => {
      const seconds = secondsOf(at.value);
      link.hidden = seconds === undefined;
      link.href = `/record/${this.root.dataset.recording}/play#t=${seconds ?? 0}`;
    };
    at.value = p.at;
    item.querySelector<HTMLTextAreaElement>("[data-words]")!.value = p.words;
    at.addEventListener("input", follow);
    item.querySelector("[data-remove]")?.addEventListener("click", () => {
      item.remove();
      this.form.dispatchEvent(new Event("input", { bubbles: true }));
    });
    follow();
    this.list.append(item);
    return item;
  }

  private lock(): void {
    for (const f of this.form.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>("textarea, [data-at]")) f.readOnly = !this.open;
    if (this.noticed) this.noticed.disabled = !this.open;
    for (const b of this.form.querySelectorAll<HTMLButtonElement>("[data-save], [data-add], [data-remove], [data-take]")) b.hidden = !this.open;
    this.form.querySelector<HTMLElement>("[data-other]")!.hidden = !this.other;
    // Words that may be changed are not those that were signed.
    const correcting = this.open && "signed" in this.root.dataset;
    this.root.toggleAttribute("data-correcting", correcting);
    this.form.querySelector<HTMLElement>("[data-print]")!.hidden = correcting;
    this.signable();
  }

  /** What is signed is what was saved: nothing else may stand on the screen then. */
  private signable(): void {
    const form = this.root.querySelector<HTMLFormElement>("[data-sign]");
    if (!form) return;
    const same = !this.other && this.saved === JSON.stringify([this.written(), this.noticed?.checked]);
    form.hidden = false;
    form.querySelector<HTMLElement>("[data-unsaved]")!.hidden = same;
    form.querySelector("button")!.disabled = !same || this.root.querySelector("[data-missing]") !== null;
  }

  private async save(draft: Draft): Promise<void> {
    const written = this.written();
    const told = Object.keys(written.fields).filter((name) => name !== "summary" && written.fields[name]);
    if (this.noticed?.checked) told.push("notice_given");
    const reason = this.form.querySelector<HTMLSelectElement>("[name=reason]")?.value;
    await post(`/record/${this.root.dataset.recording}/official`, {
      version: this.version,
      told,
      epoch: this.file.epoch,
      sealed: b64(await this.file.seal(written)),
      reason,
    });
    draft.forget();
    location.reload();
  }

  private problem(text: string): void {
    const box = this.form.querySelector<HTMLElement>("[data-problem]")!;
    box.textContent = text;
    box.hidden = false;
    for (const b of this.form.querySelectorAll<HTMLButtonElement>("button")) b.disabled = true;
  }
}
