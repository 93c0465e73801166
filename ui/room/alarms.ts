// Alarms as people meet them: a sentence each, and a tone that comes back until
// somebody says that they saw it.
import { words } from "../staff/form.js";

const again = 5000;

export class Alarms {
  private readonly seen = new Set<string>();
  private shown = new Set<string>();
  private sounded = -again; // performance.now() of the last tone
  private context: AudioContext | undefined;

  /** silent is for a room in which a tone would frighten. */
  constructor(
    private readonly root: HTMLElement,
    private readonly options: { silent: boolean },
  ) {
    this.box.querySelector("[data-saw]")!.addEventListener("click", () => {
      for (const alarm of this.shown) this.seen.add(alarm);
    });
    setInterval(() => this.sound(), 500);
  }

  /** Shows the alarms that are on, and no others. */
  show(on: Iterable<string>): void {
    const now = new Set(on);
    for (const alarm of this.seen) if (!now.has(alarm)) this.seen.delete(alarm);
    const fresh = [...now].some((alarm) => !this.shown.has(alarm));
    if (!fresh && now.size === this.shown.size) return;
    this.shown = now;
    if (fresh) this.sounded = -again;
    this.box.querySelector("[data-list]")!.replaceChildren(
      ...[...now].map((alarm) => {
        const line = document.createElement("p");
        line.dataset.alarm = alarm;
        line.textContent = words(this.root, `alarm.${alarm}`);
        return line;
      }),
    );
    this.box.hidden = !now.size;
    this.sound();
  }

  private get box(): HTMLElement {
    return this.root.querySelector<HTMLElement>("[data-alarms]")!;
  }

  private sound(): void {
    const waits = [...this.shown].some((alarm) => !this.seen.has(alarm));
    if (this.options.silent || !waits || performance.now() - this.sounded < again) return;
    this.sounded = performance.now();
    this.box.dataset.sounded = String(Number(this.box.dataset.sounded ?? 0) + 1);
    const context = (this.context ??= new AudioContext());
    const [note, volume] = [context.createOscillator(), context.createGain()];
    note.frequency.value = 880;
    volume.gain.value = 0.2;
    note.connect(volume).connect(context.destination);
    note.start();
    note.stop(context.currentTime + 0.4);
  }
}
