// The recorder's marks: a button for each, two where one ends what the other
// began, and the room that is hidden from those who watch.
import { words } from "../staff/form.js";
import { asSet } from "./prompts.js";
import type { Mark } from "./server.js";
import type { Session } from "./session.js";
import { timeOf } from "./time.js";

export class Marks {
  private readonly told = new Map<string, number>(); // by kind of mark: the newest of its pair that the buttons show

  /** session gives the recording that runs. */
  constructor(
    private readonly root: HTMLElement,
    private readonly session: () => Session | undefined,
  ) {
    for (const b of root.querySelectorAll<HTMLButtonElement>("[data-mark]")) b.addEventListener("click", () => this.set(b));
    this.listenForMask();
  }

  /** What the server has next is shown, whatever was shown before. */
  forget(): void {
    this.told.clear();
  }

  /**
   * Shows whether there is a break, and whether the room is hidden, as the server
   * has it: after a crash, or from another computer. What was tapped here stands
   * until something newer is there.
   */
  show(marks: Mark[]): void {
    for (const [on, off] of [["break", "resume"], ["masked", "unmasked"]] as const) {
      const pair = asSet(marks).filter((m) => m.kind === on || m.kind === off);
      const newest = pair.at(-1)?.n ?? 0;
      if (this.told.get(on) === newest) continue;
      this.told.set(on, newest);
      let since: number | undefined; // a mask within a mask changes nothing
      for (const m of pair) since = m.kind === on ? (since ?? m.mono) : undefined;
      if (on === "masked") this.hidden(since);
      else swap(this.one(`[data-mark=${on}]`), this.one(`[data-mark=${off}]`), since !== undefined);
    }
  }

  /** A mark that the server will never take was shown as made; gives the words for it. */
  refused(mark: string, why: string): string {
    this.forget();
    this.one("[data-marked]").textContent = "";
    const name = this.root.querySelector(`[data-mark="${mark}"]`)?.textContent?.trim() ?? mark;
    return `${words(this.root, "refused")} ${name}: ${why}`;
  }

  private set(button: HTMLButtonElement): void {
    const session = this.session();
    session?.mark(button.dataset.mark!, button.dataset.code ? { code: button.dataset.code } : {});
    this.one("[data-marked]").textContent = `${timeOf(session?.clock.now() ?? 0)} ${button.textContent!.trim()}`;
    const pair = button.dataset.then;
    if (pair) swap(button, this.one(`[data-mark="${pair}"]`), true);
  }

  /** Those who watch see nothing for a while; the recording goes on. */
  private listenForMask(): void {
    const form = this.one<HTMLFormElement>("form[data-mask]");
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const session = this.session();
      const hide = !this.one("[data-mask-on]").hidden;
      session?.mark(hide ? "masked" : "unmasked", hide ? { code: String(new FormData(form).get("reason")) } : {});
      this.hidden(hide ? session?.clock.now() : undefined);
    });
  }

  /** Says since when, in ms of the recording, those who watch see nothing; undefined when they do. */
  private hidden(since: number | undefined): void {
    this.session()?.veil(since !== undefined);
    swap(this.one("[data-mask-on]"), this.one("[data-mask-off]"), since !== undefined);
    const line = this.one("[data-mask-since]");
    line.hidden = since === undefined;
    line.textContent = words(this.root, "mask_since").replace("{time}", timeOf(since ?? 0));
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }
}

/** Of two buttons shows the one that ends what is on, or the one that begins it. */
export function swap(begin: HTMLElement, end: HTMLElement, on: boolean): void {
  if (begin.hidden === on) return;
  const focused = document.activeElement === begin || document.activeElement === end;
  begin.hidden = on;
  end.hidden = !on;
  if (focused) (on ? end : begin).focus();
}
