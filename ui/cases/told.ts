// What a person has told already, by topic, in the words of whoever wrote it
// down, with where it stands: beside the question plan of the next interview.
// The words are sealed; topics alone are known to the server, as codes: the rules
// ask for a reason where a plan asks about one of them again.
import { attempt, tell } from "../staff/send.js";
import { Draft, keepDrafts } from "./draft.js";
import { listenToParts } from "./part_forms.js";
import { SealedCase, showTexts, shut } from "./sealed.js";

interface Entry {
  topic: string;
  words: string;
  source: string; // interview, report, statement, document, agency
  ref: string; // "i1", a report's id, a number of a note
  at: string; // "12:40" into the recording; "" where there is none
}

interface Told {
  told: Entry[];
}

const isInterview = /^i\d+$/;

/** code is a topic as the rules count it; older entries have topics of several words. */
const code = (topic: string): string => topic.replace(/[^A-Za-z0-9._@-]+/g, "_").replace(/^[^A-Za-z0-9]+/, "");

const fold = (topic: string) => topic.trim().toLowerCase();

/** written is the entry that a form holds. */
function written(form: HTMLFormElement): Entry {
  const given = new FormData(form);
  const field = (name: string): string => String(given.get(name) ?? "").trim();
  return { topic: field("topic"), words: field("words"), source: field("source"), ref: field("ref"), at: field("at") };
}

export class ToldOnce {
  private readonly file: SealedCase;
  private readonly part: string;
  private told: Entry[] = [];
  private correcting: Entry | undefined; // what the form changes; else it adds

  constructor(private readonly root: HTMLElement) {
    this.file = new SealedCase(root.dataset.case!);
    this.part = root.dataset.part!;
  }

  listen(): void {
    const closed = this.root.querySelector<HTMLElement>("[data-closed]")!;
    closed.querySelector("[data-open]")!.addEventListener("click", () => void attempt(closed, this.root.dataset.failed!, () => this.open()));
    document.addEventListener("input", (e) => {
      if ((e.target as HTMLInputElement).name?.startsWith("plan.topics.")) this.show();
    });
  }

  private async open(): Promise<void> {
    await this.file.open();
    this.told = (await this.file.read<Told>(this.part))?.told ?? [];
    this.show();
    this.root.querySelector<HTMLElement>("[data-closed]")!.hidden = true;
    this.root.querySelector<HTMLElement>("[data-opened]")!.hidden = false;
    const form = this.root.querySelector<HTMLFormElement>("[data-add-told]")!;
    if (this.file.locked(this.part)) {
      this.root.querySelector<HTMLElement>("[data-nothing-told]")!.textContent = this.root.dataset.noKey!;
      shut(form, this.root.dataset.noKey!);
    } else {
      await this.listenToForm(form);
    }
    await listenToParts(this.file, this.root);
    await showTexts(this.file, this.root.dataset.noKey!);
    await keepDrafts(this.file);
  }

  private async listenToForm(form: HTMLFormElement): Promise<void> {
    const draft = new Draft(form.querySelector("textarea")!, this.file, `${this.root.dataset.case}/${this.part}`);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(form, this.root.dataset.failed!, async () => {
        const entry = written(form);
        const was = this.correcting;
        await this.keep(was ? this.told.map((e) => (e === was ? entry : e)) : [...this.told, entry], was);
        this.empty(form, draft);
        this.show();
      });
    });
    form.querySelector("[data-cancel]")!.addEventListener("click", () => {
      this.empty(form, draft);
      form.closest("details")!.open = false;
    });
    await draft.follow(() => (form.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }

  /** empty leaves nothing of what was typed: the form adds an entry again. */
  private empty(form: HTMLFormElement, draft: Draft): void {
    this.correcting = undefined;
    form.reset();
    draft.forget();
    form.querySelectorAll<HTMLElement>("[data-draft], [data-problem]").forEach((notice) => (notice.hidden = true));
  }

  /** unsaved says whether the form holds more than it was given. */
  private unsaved(form: HTMLFormElement): boolean {
    const { source, ...typed } = written(form);
    const was = this.correcting;
    return Object.entries(typed).some(([name, value]) => value !== (was?.[name as keyof Entry] ?? "")) || (was !== undefined && source !== was.source);
  }

  /** correct puts an entry into the form, to be saved in its place; never over what is being written there. */
  private correct(entry: Entry): void {
    const form = this.root.querySelector<HTMLFormElement>("[data-add-told]")!;
    form.closest("details")!.open = true;
    form.querySelector("textarea")!.focus();
    if (this.unsaved(form)) return tell(form, this.root.dataset.unsaved!);
    for (const [name, value] of Object.entries(entry)) {
      const field = form.querySelector<HTMLInputElement>(`[name="${CSS.escape(name)}"]`);
      if (field) field.value = value;
    }
    this.correcting = entry;
  }

  private remove(entry: Entry): void {
    const form = this.root.querySelector<HTMLFormElement>("[data-add-told]")!;
    void attempt(form, this.root.dataset.failed!, async () => {
      form.closest("details")!.open = true;
      await this.keep(this.told.filter((e) => e !== entry), entry);
      if (this.correcting === entry) this.correcting = undefined;
      this.show();
    });
  }

  /** keep writes all that was told, and sends its topics with it, and that of an entry that is changed. */
  private async keep(told: Entry[], was?: Entry): Promise<void> {
    const topics = told
      .map((e) => ({ topic: code(e.topic), interview: e.source === "interview" && isInterview.test(e.ref) ? e.ref : "" }))
      .filter((t) => t.topic);
    await this.file.write(this.part, { told }, `about/${this.root.dataset.teller}/told`, { topics, corrected: was ? code(was.topic) : "" });
    this.told = told;
  }

  /** asked says of a topic whether the plan beside asks about it, in whatever letters it is typed. */
  private asked(): (topic: string) => boolean {
    const fields = document.querySelectorAll<HTMLInputElement>('input[name^="plan.topics."][name$=".name"]');
    const planned = new Set([...fields].map((f) => fold(f.value)));
    return (topic) => planned.has(fold(topic));
  }

  private show(): void {
    const asked = this.asked();
    const rows = [...this.told]
      .sort((a, b) => Number(asked(b.topic)) - Number(asked(a.topic)) || a.topic.localeCompare(b.topic))
      .map((entry) => this.row(entry, asked(entry.topic)));
    this.root.querySelector("[data-told-list]")!.replaceChildren(...rows);
    this.root.querySelector<HTMLElement>("[data-nothing-told]")!.hidden = rows.length > 0;
  }

  private row(entry: Entry, repeated: boolean): HTMLElement {
    const row = this.root.querySelector<HTMLTemplateElement>("[data-told-row]")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
    const put = (name: string, text: string): HTMLElement => {
      const place = row.querySelector<HTMLElement>(`[data-put="${name}"]`)!;
      place.textContent = text;
      return place;
    };
    put("topic", entry.topic);
    put("words", entry.words);
    row.querySelector<HTMLElement>("[data-repeated]")!.hidden = !repeated;
    const sources = this.root.querySelector<HTMLSelectElement>("[name=source]")!;
    const source = [...sources.options].find((o) => o.value === entry.source)?.text ?? entry.source;
    const where = row.querySelector<HTMLAnchorElement>("[data-where]")!;
    where.textContent = [source, entry.ref, entry.at].filter((s) => s).join(" · ");
    const link = this.address(entry);
    if (link) where.href = link;
    row.querySelector("[data-correct]")!.addEventListener("click", () => this.correct(entry));
    row.querySelector("[data-remove]")!.addEventListener("click", () => this.remove(entry));
    return row;
  }

  /** address is the page on which an entry stands, if the case has it: the player at its minute, an official record, a report, a note. */
  private address(entry: Entry): string {
    const places = [...this.root.querySelectorAll<HTMLOptionElement>("#told-refs option")];
    const page = places.find((o) => o.value === entry.ref)?.dataset[entry.source];
    const minute = /^(\d{1,3}):(\d\d)$/.exec(entry.at);
    if (page) return page + (page.endsWith("/play") && minute ? `#t=${Number(minute[1]) * 60 + Number(minute[2])}` : "");
    if (entry.source !== "statement" && entry.source !== "document") return "";
    return this.file.has(`note/${entry.ref}`) ? `${this.root.dataset.case}/#note-${entry.ref}` : "";
  }
}
