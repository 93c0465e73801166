// What a person has told already, by topic, in the words of whoever wrote it
// down, with where it stands: beside the question plan of the next interview.
// The words are sealed; topics alone are known to the server, as codes.
import { Draft } from "./draft.js";
import { listenToParts } from "./part_forms.js";
import { attempt, SealedCase, showTexts } from "./sealed.js";

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

export class ToldOnce {
  private readonly file: SealedCase;
  private readonly part: string;
  private told: Entry[] = [];

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
    await this.listenToForm();
    await listenToParts(this.file, this.root);
    await showTexts(this.file, this.root.dataset.noKey!);
  }

  private async listenToForm(): Promise<void> {
    const form = this.root.querySelector<HTMLFormElement>("[data-add-told]")!;
    const draft = new Draft(form.querySelector("textarea")!, this.file, `${this.root.dataset.case}/${this.part}`);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(form, this.root.dataset.failed!, async () => {
        const given = new FormData(form);
        const field = (name: string): string => String(given.get(name) ?? "").trim();
        const entry = { topic: field("topic"), words: field("words"), source: field("source"), ref: field("ref"), at: field("at") };
        await this.file.write(this.part, { told: [...this.told, entry] });
        this.told = [...this.told, entry];
        form.reset();
        draft.forget();
        this.show();
      });
    });
    await draft.follow(() => (form.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
  }

  /** planned are the topics of the plan beside, as they are typed. */
  private planned(): Set<string> {
    const fields = document.querySelectorAll<HTMLInputElement>('input[name^="plan.topics."][name$=".name"]');
    return new Set([...fields].map((f) => f.value.trim()).filter((v) => v));
  }

  private show(): void {
    const planned = this.planned();
    const rows = [...this.told]
      .sort((a, b) => Number(planned.has(b.topic)) - Number(planned.has(a.topic)) || a.topic.localeCompare(b.topic))
      .map((entry) => this.row(entry, planned.has(entry.topic)));
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
    where.textContent = [source, entry.ref, entry.at].filter((s) => s).join(" ");
    const link = this.address(entry);
    if (link) where.href = link;
    return row;
  }

  /** address is the page on which an entry stands: of an interview or a report. */
  private address(entry: Entry): string {
    if (entry.source === "interview" && /^i\d+$/.test(entry.ref)) {
      const seconds = /^(\d{1,3}):(\d\d)$/.exec(entry.at);
      return `${this.root.dataset.case}/about/${entry.ref}` + (seconds ? `#t=${Number(seconds[1]) * 60 + Number(seconds[2])}` : "");
    }
    if (entry.source === "report" && /^[a-z0-9]+$/i.test(entry.ref)) return `/desk/${this.root.dataset.channel}/${entry.ref}`;
    return "";
  }
}
