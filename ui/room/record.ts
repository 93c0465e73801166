// The recorder's page: pre-flight, then a calm screen with what is needed.
import { post } from "../staff/http.js";
import { words } from "../staff/form.js";
import { Alarms } from "./alarms.js";
import { camera, microphone, screen, type Meter } from "./capture.js";
import { tracks } from "./chunk.js";
import { offerLeft } from "./left.js";
import { loudness, Preflight, type Prepared } from "./preflight.js";
import { Marks, swap } from "./marks.js";
import { caseKeys, Unseen, wordsOf } from "./prompts.js";
import { lockOf, rescue } from "./rescue.js";
import { Clock, state, type Begun, type Mark, type State } from "./server.js";
import { Session, sources, type Source, type Why } from "./session.js";
import { stayAwake } from "./stay.js";
import { Watchdog, type Alarm } from "./watchdog.js";
import { momentOf, timeOf } from "./time.js";

/** One recorder at a time in a browser: two would share a microphone. */
const roomLock = "verhaal/recorder";

export class RecordPage {
  private readonly preflight: Preflight;
  private session: Session | undefined;
  private readonly held = new Map<string, () => void>(); // locks, and what lets them go
  private leave: () => void = () => undefined; // ends what runs beside a recording
  private readonly alarms: Alarms;
  private watchdog: Watchdog | undefined;
  private on = new Set<Alarm>();
  private foreign = new Set<string>(); // alarms that the server has and this page has not
  private readonly prompts = new Unseen();
  private readonly marks: Marks;
  private elsewhere = 1; // copies beyond this computer
  /** What is shown is asked for when somebody taps, and goes on from where it is in a further part. */
  private readonly shown: Source = { track: tracks.screen, open: async () => this.session!.stream(tracks.screen)!.clone() };

  constructor(private readonly root: HTMLElement) {
    // A child would be frightened: in a studio the control room hears of it.
    this.alarms = new Alarms(root, { silent: root.dataset.studio !== undefined });
    const begin = this.all<HTMLButtonElement>("[data-begin]");
    this.preflight = new Preflight(this.one("[data-preflight]"), () => this.hold(roomLock), (free) => {
      for (const b of begin) b.disabled = !free;
    });
    for (const b of begin) b.addEventListener("click", () => void this.begin(b.dataset.begin!));
    this.marks = new Marks(root, () => this.session);
    this.listenForScreen();
    this.listenForStop();
    addEventListener("beforeunload", (e) => {
      if (this.session) e.preventDefault();
    });
  }

  async ready(): Promise<void> {
    this.one("[data-no-script]").hidden = true;
    this.one("[data-preflight]").hidden = false;
    stayAwake(() => this.session !== undefined || this.preflight.busy);
    void offerLeft(this.one("[data-left]")).catch(() => undefined);
    await this.preflight.run();
  }

  /** Begins a recording, or goes on with the one that runs already ("id"). */
  private async begin(running: string): Promise<void> {
    for (const b of this.all<HTMLButtonElement>("[data-begin]")) b.disabled = true;
    this.problem("");
    const prepared = this.preflight.prepared();
    const list = this.sources(prepared);
    try {
      const { case: file, interview } = this.root.dataset;
      const kind = this.one<HTMLSelectElement>("[name=kind]").value;
      const begun = await post<Begun>(
        "/record/",
        running ? { resume: running } : { case: file, interview, kind, minutes: prepared.minutes, tracks: list.map(([s]) => s.track), pictures: picturesIn(list) },
      );
      for (const b of this.all<HTMLButtonElement>("[data-begin]")) {
        b.dataset.begin = begun.id; // whatever fails from here on, this one runs
        b.textContent = words(this.root, "go_on");
      }
      await this.hold(lockOf(begun.id));
      // What a crash left is at the server before the next part begins.
      if (running) await rescue(begun.id);
      const marks = running ? (await state(begun.id)).marks : [];
      const clock = Clock.of(begun.started, prepared.offset);
      this.session = new Session(begun, clock, this.root.dataset.logKey ?? "", (track, why) => void this.again(track, why), (mark, why) => this.alert(this.marks.refused(mark, why)));
      this.marks.forget();
      this.marks.show(marks); // a room that is hidden stays so from the first record
      for (const [source, stream] of list) await this.session.begin(source, stream, source === this.shown ? await this.notShown() : undefined);
      this.run(prepared);
    } catch (e) {
      if (this.session) {
        this.session.abort();
        this.held.get(lockOf(this.session.id))?.();
      }
      this.session = undefined;
      for (const [, stream] of list) for (const t of stream.getTracks()) t.stop();
      this.problem(e instanceof Error && "key" in e && e.message ? e.message : words(this.root, "failed"));
      await this.preflight.run(); // with devices that were opened anew
    }
  }

  /** The tracks, with the streams that pre-flight opened already. */
  private sources(p: Prepared): [Source, MediaStream][] {
    const picked = (kind: "microphone" | "camera" | "overview" | "size") => this.preflight.chosen(kind);
    const list = sources({
      microphone: () => microphone(picked("microphone")),
      ...(p.camera && { camera: () => camera(picked("camera"), picked("size")) }),
      ...(p.overview && { overview: () => camera(picked("overview"), picked("size")) }),
    });
    const open: Record<number, MediaStream> = {
      // Clones: each encoder lives and dies alone.
      [tracks.main]: new MediaStream([...(p.camera?.getVideoTracks() ?? []), ...p.microphone.getAudioTracks()].map((t) => t.clone())),
      [tracks.safe]: p.microphone.clone(),
    };
    if (p.overview) open[tracks.overview] = p.overview;
    if (p.screen) {
      open[tracks.screen] = p.screen;
      list.push(this.shown);
    }
    return list.map((s) => [s, open[s.track]!]);
  }

  private run(p: Prepared): void {
    const session = this.session!;
    this.one("[data-preflight]").hidden = true;
    this.one("[data-running]").hidden = false;
    document.body.dataset.recording = this.root.dataset.studio ? "studio" : "room";
    this.one("[data-running] h1").focus();
    this.watchdog = new Watchdog(session, p.meter, (on) => this.alarm(on));
    const tick = setInterval(() => this.tick(p.meter), 200);
    const poll = setInterval(() => void this.poll(), 1000);
    void this.poll();
    void this.wake();
    this.leave = () => {
      clearInterval(tick);
      clearInterval(poll);
      this.watchdog?.stop();
      this.preflight.release();
    };
  }

  private tick(meter: Meter): void {
    const { behind, clock, closed, progress } = this.session!;
    const view = this.root.querySelector<HTMLVideoElement>("[data-view]");
    const stream = this.session!.stream(tracks.main);
    if (view && stream && view.srcObject !== stream) view.srcObject = stream;
    this.showing();
    this.one("[data-elapsed]").textContent = timeOf(clock.now());
    this.one("[data-now]").textContent = momentOf(Date.now());
    for (const shown of this.all<HTMLMeterElement>("[data-running] meter")) shown.value = loudness(meter.read().rms);
    const kept = progress.length > 0 && progress.every((p) => p.kept > 0 && p.trouble !== "disk");
    const sent = progress.length > 0 && progress.every((p) => p.acked > 0) && !closed;
    const safe = this.one("[data-safe]");
    const copies = Number(kept) + (sent ? this.elsewhere : 0);
    safe.dataset.copies = String(copies);
    const seconds = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(behind / 1000);
    safe.textContent = words(this.root, closed ? "closed" : kept && sent ? "safe" : kept ? "here" : sent ? "there" : "begins").replace("{s}", seconds).replace("{n}", String(copies));
  }

  private async poll(): Promise<void> {
    const session = this.session;
    const sent = session?.sent;
    const s = session && (await state(session.id).catch(() => undefined));
    if (!s) return;
    this.elsewhere = s.copies;
    session.compare(s.parts);
    this.watchers(s);
    this.unmet(s.level_unmet);
    // What was tapped meanwhile is newer than this answer.
    if (sent !== undefined && sent === session.sent) this.marks.show(s.marks);
    if (s.running && !session.taken) this.endForeign(s.alarms ?? []);
    await this.asked(s.marks.filter((m) => m.kind === "prompt"));
  }

  private async asked(prompts: Mark[]): Promise<void> {
    // Only when there is something to read: asking while the network is gone would lock this tab.
    const keys = this.prompts.among(prompts).length ? await caseKeys(this.root.dataset.case!).catch(() => undefined) : [];
    if (!keys) return; // they did not come: the next look asks again
    for (const mark of this.prompts.take(prompts)) {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = (await wordsOf(mark, keys)) || words(this.root, "sealed");
      this.one("[data-prompts]").append(item);
    }
    this.one("[data-prompts-box]").hidden = !prompts.length;
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

  /** What became a formal report may have to be recorded at a higher level. */
  private unmet(rules = ""): void {
    const line = this.one("[data-unmet]");
    line.hidden = !rules;
    line.textContent = words(this.root, "unmet").replace("{rule}", rules);
  }

  private alarm(on: Set<Alarm>): void {
    for (const kind of on) if (!this.on.has(kind)) this.session?.alarm(kind, true);
    for (const kind of this.on) if (!on.has(kind)) this.session?.alarm(kind, false);
    this.on = on;
    this.alarms.show(on);
  }

  /** An alarm outlives the page that raised it, if that died: whoever records next ends it. */
  private endForeign(alarms: { kind: string }[]): void {
    const foreign = alarms.map((a) => a.kind).filter((kind) => !this.on.has(kind as Alarm));
    for (const kind of foreign) if (!this.foreign.has(kind)) this.session?.alarm(kind, false);
    this.foreign = new Set(foreign);
  }

  /** A track broke: try to begin its next part until it works. */
  private async again(track: number, why: Why): Promise<void> {
    this.watchdog?.broke(track, why);
    for (let wait = 500; this.session && !this.session.closed; wait = Math.min(wait * 2, 5000)) {
      try {
        await this.session.again(track, why);
        return this.watchdog?.broke(track, "");
      } catch {
        await new Promise((r) => setTimeout(r, wait));
      }
    }
  }

  /** An exhibit on a screen is a track of its own while it is shown. */
  private listenForScreen(): void {
    const begin = this.one<HTMLButtonElement>("[data-show]");
    begin.addEventListener("click", () => {
      begin.disabled = true;
      void this.show().finally(() => (begin.disabled = false));
    });
    this.one("[data-show-end]").addEventListener("click", () => {
      this.session?.end(tracks.screen);
      this.showing();
    });
  }

  private async show(): Promise<void> {
    const { session } = this;
    const stream = await screen().catch(() => undefined); // somebody chose none
    if (!session || !stream) return;
    try {
      await session.begin(this.shown, stream, await this.notShown());
      this.alert("");
    } catch {
      session.end(tracks.screen);
      for (const t of stream.getTracks()) t.stop();
      this.alert(words(this.root, "failed"));
    }
    this.showing();
  }

  /** The time without an exhibit until now, if one was shown before. */
  private async notShown(): Promise<{ from: number; reason: string } | undefined> {
    const ends = (await state(this.session!.id)).parts.filter((p) => p.track === tracks.screen).map((p) => p.to);
    return ends.length ? { from: Math.max(...ends), reason: "not_shown" } : undefined;
  }

  /** Offers to end what is shown, or to show something; the browser's own bar ends it too. */
  private showing(): void {
    const [begin, end] = [this.one("[data-show]"), this.one("[data-show-end]")];
    swap(begin, end, this.session?.stream(tracks.screen) !== undefined);
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
      const sealed = await session.stop();
      this.session = undefined;
      this.leave();
      if (sealed) location.assign(`/record/${session.id}/receipt`);
      else location.reload(); // the page offers what was not sent
    } catch (e) {
      this.one("[data-stopping]").hidden = true;
      for (const b of this.all<HTMLButtonElement>("[data-running] button")) b.disabled = false;
      this.alert(e instanceof Error && "key" in e && e.message ? e.message : words(this.root, "failed"));
    }
  }

  /** Holds a Web Lock as long as the page is there, unless it is let go before; false when another tab has it. */
  private hold(name: string): Promise<boolean> {
    if (this.held.has(name)) return Promise.resolve(true);
    return new Promise((held) => {
      void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        held(lock !== null);
        if (!lock) return;
        return new Promise<void>((end) => this.held.set(name, () => (this.held.delete(name), end())));
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
    const line = this.one("[data-wrong]");
    line.textContent = text;
    line.hidden = !text;
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

/** The tracks that have a picture, by number: what the rules demand is asked of these. */
function picturesIn(list: [Source, MediaStream][]): number[] {
  return list.filter(([, stream]) => stream.getVideoTracks().length > 0).map(([source]) => source.track);
}
