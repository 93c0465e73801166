// Names and notes of a case file, opened and sealed in this tab.
import { attempt } from "../staff/send.js";
import { Draft, keepDrafts } from "./draft.js";
import { SealedCase, showTexts, shut } from "./sealed.js";

interface Text {
  text: string;
}

export class Parts {
  private readonly file: SealedCase;

  constructor(private readonly root: HTMLElement) {
    this.file = new SealedCase(root.dataset.case!);
  }

  listen(): void {
    const closed = this.root.querySelector<HTMLElement>("[data-closed]")!;
    closed.querySelector("[data-open]")!.addEventListener("click", () => void attempt(closed, this.root.dataset.failed!, () => this.open()));
    for (const name of this.root.querySelectorAll<HTMLFormElement>("[data-name]")) {
      this.onSend(name, (text) => this.file.write(name.dataset.name!, { text }));
    }
  }

  private onSend(form: HTMLFormElement, what: (text: string) => Promise<void>): void {
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      void attempt(form, this.root.dataset.failed!, async () => {
        await what(String(new FormData(form).get("text")));
        await this.show();
      });
    });
  }

  private async open(): Promise<void> {
    await this.file.open();
    await this.show();
    this.root.querySelector<HTMLElement>("[data-closed]")!.hidden = true;
    this.root.querySelector<HTMLElement>("[data-opened]")!.hidden = false;
    const note = this.root.querySelector<HTMLFormElement>("[data-note]")!;
    const draft = new Draft(note.querySelector("textarea")!, this.file, `${this.root.dataset.case}/note`);
    this.onSend(note, async (text) => {
      await this.file.write(this.nextNote(), { text });
      note.reset();
      draft.forget();
    });
    await draft.follow(() => (note.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
    await keepDrafts(this.file);
    document.getElementById(location.hash.slice(1))?.scrollIntoView(); // a note that something points to
  }

  private async show(): Promise<void> {
    const notes: HTMLElement[] = [];
    for (const name of this.file.names) {
      const shown = name.startsWith("note/") || document.querySelector(`[data-name="${CSS.escape(name)}"]`);
      if (!shown) continue;
      const text = (await this.file.read<Text>(name))?.text;
      if (name.startsWith("note/")) {
        const item = document.createElement("li");
        item.className = "card told";
        item.id = name.replace("/", "-");
        const number = document.createElement("strong");
        number.textContent = name.slice("note/".length);
        item.append(number, " ", text ?? this.root.dataset.noKey!);
        notes.push(item);
      }
      const form = this.root.querySelector<HTMLFormElement>(`[data-name="${CSS.escape(name)}"]`);
      if (form && this.file.locked(name)) shut(form, this.root.dataset.noKey!);
      else if (form && text !== undefined) form.querySelector("input")!.value = text;
    }
    this.root.querySelector("[data-notes]")!.replaceChildren(...notes);
    await showTexts(this.file, this.root.dataset.noKey!);
  }

  private nextNote(): string {
    const numbers = this.file.names.map((name) => Number(/^note\/(\d+)$/.exec(name)?.[1] ?? 0));
    return `note/${Math.max(0, ...numbers) + 1}`;
  }
}
