// The recorder's page: pre-flight, then a calm screen with what is needed.
import { post } from "../staff/http.js";
import { words } from "../staff/form.js";
import { camera, microphone, screen, type Meter } from "./capture.js";
import { tracks } from "./chunk.js";
import { loudness, Preflight, type Prepared } from "./preflight.js";
import { caseKeys, wordsOf } from "./prompts.js";
import { lockOf, rescue } from "./rescue.js";
import { Clock, state, type Begun, type State } from "./server.js";
import { Session, sources, type Source } from "./session.js";
import { stayAwake } from "./stay.js";
import { Watchdog, type Alarm } from "./watchdog.js";
import { timeOf } from "./time.js";

/** One recorder at a time in a browser: two would share a microphone. */
const roomLock = "verhaal/recorder";

export class RecordPage {
  private readonly preflight: Preflight;
  private session: Session | undefined;
  private free: () => void = () => undefined; // lets the locks go
  private shown = new Set<Alarm>();
  private prompts = 0;
  private elsewhere = 1; // copies beyond this computer

  constructor(private readonly root: HTMLElement) {
    const begin = this.all<HTMLButtonElement>("[data-begin]");
    this.preflight = new Preflight(this.one("[data-preflight]"), (free) => {
      for (const b of begin) b.disabled = !free;
    });
    for (const b of begin) b.addEventListener("click", () => void this.begin(b.dataset.begin!));
    for (const b of this.all<HTMLButtonElement>("[data-mark]")) b.addEventListener("click", () => this.mark(b));
    this.listenForStop();
    addEventListener("beforeunload", (e) => {
      if (this.session) e.preventDefault();
    });
  }

  async ready(): Promise<void> {
    this.one("[data-no-script]").hidden = true;
    this.one("[data-preflight]").hidden = false;
    await this.preflight.run();
  }

  /** Begins a recording, or goes on with the one that runs already ("id"). */
  private async begin(running: string): Promise<void> {
    for (const b of this.all<HTMLButtonElement>("[data-begin]")) b.disabled = true;
    this.problem("");
    try {
      if (!(await this.hold(roomLock))) return this.problem(words(this.root, "two"));
      const prepared = this.preflight.prepared();
      const { case: file, interview } = this.root.dataset;
      const kind = this.one<HTMLSelectElement>("[name=kind]").value;
      const list = this.sources(prepared);
      const begun = await post<Begun>(
        "/record/",
        running ? { resume: running } : { case: file, interview, kind, minutes: prepared.minutes, tracks: list.map(([s]) => s.track) },
      );
      await this.hold(lockOf(begun.id));
      // What a crash left is at the server before the next part begins.
      const ends = running ? await rescue(begun.id) : new Map<number, number>();
      const clock = Clock.of(begun.started, prepared.offset);
      this.session = new Session(begun, clock, this.root.dataset.logKey ?? "", (track, why) => void this.again(track, why));
      for (const [source, stream] of list) {
        const from = ends.get(source.track);
        await this.session.begin(source, stream, from === undefined ? undefined : { from, reason: "browser" });
      }
      this.run(prepared);
    } catch (e) {
      this.session = undefined;
      this.free();
      this.problem(e instanceof Error && "key" in e && e.message ? e.message : words(this.root, "failed"));
      for (const b of this.all<HTMLButtonElement>("[data-begin]")) b.disabled = false;
    }
  }

  /** The tracks, with the streams that pre-flight opened already. */
  private sources(p: Prepared): [Source, MediaStream][] {
    const picked = (kind: "microphone" | "camera" | "overview") => this.preflight.chosen(kind);
    const list = sources({
      microphone: () => microphone(picked("microphone")),
      ...(p.camera && { camera: () => camera(picked("camera")) }),
      ...(p.overview && { overview: () => camera(picked("overview")) }),
    });
    const open: Record<number, MediaStream> = {
      // Clones: each encoder lives and dies alone.
      [tracks.main]: new MediaStream([...(p.camera?.getVideoTracks() ?? []), ...p.microphone.getAudioTracks()].map((t) => t.clone())),
      [tracks.safe]: p.microphone.clone(),
    };
    if (p.overview) open[tracks.overview] = p.overview;
    if (p.screen) {
      open[tracks.screen] = p.screen;
      list.push({ track: tracks.screen, open: screen });
    }
    return list.map((s) => [s, open[s.track]!]);
  }

  private run(p: Prepared): void {
    const session = this.session!;
    this.one("[data-preflight]").hidden = true;
    this.one("[data-running]").hidden = false;
    document.body.dataset.recording = this.root.dataset.studio ? "studio" : "room";
    this.one("[data-running] h1").focus();
    const view = this.root.querySelector<HTMLVideoElement>("[data-view]");
    if (view) view.srcObject = p.camera ?? null;
    const watchdog = new Watchdog(session, p.meter, p.camera, (found) => this.alarms(found, p.meter));
    const stay = stayAwake(() => true);
    const tick = setInterval(() => this.tick(p.meter), 200);
    const poll = setInterval(() => void this.poll(), 1000);
    void this.wake();
    const stopped = this.free;
    this.free = () => {
      clearInterval(tick);
      clearInterval(poll);
      watchdog.stop();
      stay();
      this.preflight.release();
      stopped();
    };
  }

  private tick(meter: Meter): void {
    const { clock, progress } = this.session!;
    this.one("[data-elapsed]").textContent = timeOf(clock.now());
    this.one("[data-now]").textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" }).format();
    for (const shown of this.all<HTMLMeterElement>("[data-running] meter")) shown.value = loudness(meter.read().rms);
    const acked = Math.min(...progress.map((p) => p.acked));
    const behind = Math.max(0, clock.now() - acked) / 1000;
    const kept = progress.length > 0 && progress.every((p) => p.kept > 0);
    const sent = progress.length > 0 && acked > 0;
    const safe = this.one("[data-safe]");
    const copies = Number(kept) + (sent ? this.elsewhere : 0);
    safe.dataset.copies = String(copies);
    const seconds = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(behind);
    safe.textContent = words(this.root, kept && sent ? "safe" : kept ? "here" : sent ? "there" : "begins").replace("{s}", seconds).replace("{n}", String(copies));
  }

  private async poll(): Promise<void> {
    const session = this.session;
    const s = session && (await state(session.id).catch(() => undefined));
    if (!s) return;
    this.elsewhere = s.copies;
    this.watchers(s);
    const asked = s.marks.filter((m) => m.kind === "prompt");
    const fresh = asked.slice(this.prompts);
    this.prompts = asked.length;
    // Only when there is something to read: asking while the network is gone would lock this tab.
    const keys = fresh.length ? await caseKeys(this.root.dataset.case!).catch(() => []) : [];
    for (const mark of fresh) {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = (await wordsOf(mark, keys)) || words(this.root, "sealed");
      this.one("[data-prompts]").append(item);
    }
    this.one("[data-prompts-box]").hidden = !asked.length;
  }

  private watchers(s: State): void {
    const items = s.watchers.map((w) => {
      const item = document.createElement("li");
      item.textContent = `${w.name} (${words(this.root, `room.${w.room}`) || w.room})`;
      return item;
    });
    this.one("[data-watchers]").replaceChildren(...items);
    this.one("[data-nobody]").hidden = items.length > 0;
  }

  private alarms(found: Set<Alarm>, meter: Meter): void {
    const fresh = [...found].some((a) => !this.shown.has(a));
    if (found.size === this.shown.size && !fresh) return;
    this.shown = new Set(found);
    const items = [...found].map((alarm) => {
      const item = document.createElement("p");
      item.textContent = words(this.root, `alarm.${alarm}`);
      return item;
    });
    const box = this.one("[data-alarms]");
    box.replaceChildren(...items);
    box.hidden = !items.length;
    // A child would be frightened: in a studio the control room hears of it.
    if (fresh && !this.root.dataset.studio) meter.tone();
  }

  /** A track broke: try to begin its next part until it works. */
  private async again(track: number, why: string): Promise<void> {
    if (why === "disk") return; // it goes on, with the server's copy alone
    for (let wait = 500; this.session; wait = Math.min(wait * 2, 5000)) {
      try {
        return await this.session.again(track, why);
      } catch {
        await new Promise((r) => setTimeout(r, wait));
      }
    }
  }

  private mark(button: HTMLButtonElement): void {
    const kind = button.dataset.mark!;
    this.session?.mark(kind);
    const log = this.one("[data-marked]");
    log.textContent = `${timeOf(this.session?.clock.now() ?? 0)} ${button.textContent!.trim()}`;
    const pair = button.dataset.then;
    if (pair) {
      button.hidden = true;
      const other = this.one(`[data-mark="${pair}"]`);
      other.hidden = false;
      other.focus();
    }
  }

  private listenForStop(): void {
    const dialog = this.one<HTMLDialogElement>("dialog");
    this.one("[data-stop]").addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "empty") void this.stop();
    });
  }

  private async stop(): Promise<void> {
    const session = this.session!;
    this.one("[data-stopping]").hidden = false;
    for (const b of this.all<HTMLButtonElement>("[data-running] button")) b.disabled = true;
    try {
      await session.stop();
      this.session = undefined;
      this.free();
      location.assign(`/record/${session.id}/receipt`);
    } catch (e) {
      this.one("[data-stopping]").hidden = true;
      for (const b of this.all<HTMLButtonElement>("[data-running] button")) b.disabled = false;
      this.alert(e instanceof Error && "key" in e && e.message ? e.message : words(this.root, "failed"));
    }
  }

  /** Holds a Web Lock until free is called; false when another tab has it. */
  private hold(name: string): Promise<boolean> {
    return new Promise((held) => {
      void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        held(lock !== null);
        if (!lock) return;
        return new Promise<void>((end) => {
          const before = this.free;
          this.free = () => {
            before();
            end();
          };
        });
      });
    });
  }

  /** Keeps the screen on; a browser lets it go whenever the page is hidden. */
  private async wake(): Promise<void> {
    const ask = () => navigator.wakeLock?.request("screen").catch(() => undefined);
    await ask();
    document.addEventListener("visibilitychange", () => {
      if (this.session && document.visibilityState === "visible") void ask();
    });
  }

  private alert(text: string): void {
    const line = document.createElement("p");
    line.textContent = text;
    this.one("[data-alarms]").replaceChildren(line);
    this.one("[data-alarms]").hidden = false;
  }

  private problem(text: string): void {
    const box = this.one("[data-problem]");
    box.textContent = text;
    box.hidden = !text;
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }

  private all<E extends HTMLElement>(selector: string): NodeListOf<E> {
    return this.root.querySelectorAll<E>(selector);
  }
}
