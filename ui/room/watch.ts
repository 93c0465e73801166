// The control room: the stream that is sealed is the stream that is watched.
import { padJSON, seal, b64 } from "../seal/index.js";
import { busy, onSend, words } from "../staff/form.js";
import { post, Refusal } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { Alarms } from "./alarms.js";
import { decodeHeader, tracks, type Part } from "./chunk.js";
import { asSet, Unseen, wordsOf } from "./prompts.js";
import { Keys, records } from "./release.js";
import { Feed } from "./screenplay.js";
import { Outbox } from "./outbox.js";
import { Clock, state, type State } from "./server.js";
import { stayAwake } from "./stay.js";
import { timeOf } from "./time.js";

/**
 * How far the picture stays behind the newest that came, in seconds: records come
 * four times a second, and one that finds nothing to show stands still for longer
 * than it would have been behind.
 */
const near = { least: 0.08, most: 0.22, far: 0.8 };
/** How fast it plays when it is too close, too late, or much too late. */
const pace = { wait: 0.9, catch: 1.1, hurry: 1.3 };

export class WatchPage {
  private readonly id: string;
  private readonly outbox: Outbox;
  private readonly end = new AbortController();
  private keys: string[] = [];
  private powers: string[] = [];
  private last: State | undefined;
  private clock = new Clock(0); // as the last state told it
  private masked = false;
  private timers: number[] = []; // while it runs
  private seat = ""; // this page, among those of one person
  private readonly following = new Set<number>();
  private readonly alarms: Alarms;

  constructor(private readonly root: HTMLElement) {
    this.id = root.dataset.recording!;
    this.alarms = new Alarms(root, { silent: false });
    this.outbox = new Outbox(this.id, ({ body }, why) => this.refused(String(body.kind), why));
    this.one("[data-no-script]").hidden = true;
    const form = this.one<HTMLFormElement>("form[data-enter]");
    form.hidden = false;
    onSend(form, (f) => void busy(f, () => this.enter(String(new FormData(f).get("room")))));
    for (const b of root.querySelectorAll<HTMLButtonElement>("[data-mark]")) b.addEventListener("click", () => this.mark(b.dataset.mark!, b.dataset.code));
    const prompt = this.one<HTMLFormElement>("form[data-prompt]");
    onSend(prompt, () => void busy(prompt, () => this.prompt(prompt)));
  }

  private async enter(room: string): Promise<void> {
    this.keys = [...(await ringKeys(`/case/${this.root.dataset.case!}`)).values()].reverse();
    const sit = () => post<{ powers: string[]; every: number; seat: string }>(`/record/${this.id}/watch`, { room, seat: this.seat });
    const { powers, every, seat } = await sit();
    this.powers = powers;
    this.seat = seat;
    this.timers.push(window.setInterval(() => void sit().catch((e: unknown) => this.unseated(e)), Math.max(2, every) * 1000));
    addEventListener("pagehide", () => this.leave());
    this.one("form[data-enter]").hidden = true;
    this.one("[data-live]").hidden = false;
    for (const part of this.root.querySelectorAll<HTMLElement>("[data-power]")) part.hidden = !powers.includes(part.dataset.power!);
    stayAwake(() => this.last?.running ?? false);
    await this.look();
    this.timers.push(window.setInterval(() => void this.look(), 1000));
    setInterval(() => this.keepUp(), 100);
  }

  private leave(): void {
    navigator.sendBeacon?.(`/record/${this.id}/watch`, new Blob([JSON.stringify({ room: "", seat: this.seat })], { type: "application/json" }));
  }

  /** Shows and asks nothing more once the same person watches from another page. */
  private unseated(e: unknown): void {
    if (!(e instanceof Refusal && e.key === "room.fault.elsewhere")) return;
    this.over();
    this.end.abort();
    this.last = undefined;
    this.alarms.show([]);
    for (const view of this.views()) view.pause();
    this.one("[data-live]").hidden = true;
    this.one("[data-elsewhere]").hidden = false;
  }

  /** Asks no more, once the recording is over, and is on its list no longer. */
  private over(): void {
    if (!this.timers.length) return;
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.leave();
  }

  /** Follows every track that has a part open and a place on the page. */
  private async look(): Promise<void> {
    const s = await state(this.id).catch(() => undefined);
    if (this.end.signal.aborted) return;
    this.one("[data-cut]").hidden = s !== undefined;
    if (!s) return;
    this.last = s;
    this.clock = new Clock(s.now - s.started);
    this.one("[data-over]").hidden = s.running;
    if (!s.running) this.over();
    this.alarms.show(s.running ? (s.alarms ?? []).map((a) => a.kind) : []);
    this.listWatchers(s);
    if (this.hidden(s)) return void (await this.listMarks(s));
    for (const view of this.views()) {
      const track = Number(view.dataset.track);
      const open = s.parts.filter((p) => p.track === track && p.open).at(-1);
      const wanted = track !== tracks.safe || this.soundAlone(s);
      if (open && wanted && !this.following.has(track)) void this.follow(view, { recording: this.id, track, part: open.part });
    }
    await this.listMarks(s);
  }

  /** While the interviewer hides the room, the server gives nothing and nothing that came is shown. */
  private hidden(s: State): boolean {
    const mask = asSet(s.marks).filter((m) => m.kind === "masked" || m.kind === "unmasked").at(-1);
    const on = (this.masked = s.running && mask?.kind === "masked");
    this.one("[data-masked]").hidden = !on;
    this.one("[data-masked]").textContent = on ? words(this.root, `masked.${mask.code}`) : "";
    const heard = this.soundAlone(s) ? tracks.safe : tracks.main;
    for (const view of this.views()) {
      view.muted = on || Number(view.dataset.track) !== heard;
      view.classList.toggle("masked", on);
    }
    this.one("[data-alone]").hidden = heard === tracks.main;
    return on;
  }

  /** Whether camera or encoder are gone, so that only the sound recorded apart goes on. */
  private soundAlone(s: State): boolean {
    const open = (track: number) => s.parts.some((p) => p.track === track && p.open);
    return s.running && !open(tracks.main) && open(tracks.safe);
  }

  /** What is heard, and tells the time. */
  private lead(): HTMLMediaElement | undefined {
    return this.feeds.get(this.last && this.soundAlone(this.last) ? tracks.safe : tracks.main)?.media;
  }

  private async follow(view: HTMLMediaElement, part: Part): Promise<void> {
    this.following.add(part.track);
    const feed = (this.feeds.get(part.track) ?? new Feed(view)) as Feed;
    this.feeds.set(part.track, feed);
    const figure = view.closest<HTMLElement>("figure");
    if (figure) figure.hidden = false;
    const keys = new Keys(this.id, this.keys, "live");
    try {
      // The head, then from the last key frame on: whoever comes late misses only what is past.
      for await (const r of records(part, { from: 0, to: 0 }, this.end.signal)) await feed.add(decodeHeader(r), await keys.open(r));
      const now = this.last!.now - this.last!.started;
      for await (const r of records(part, { at: now }, this.end.signal)) {
        await feed.add(decodeHeader(r), await keys.open(r));
        if (view.paused) void view.play().catch(() => undefined);
      }
    } catch {
      await new Promise((r) => setTimeout(r, 1000)); // the next look tries again
    }
    void this.look(); // it ended: the room may be hidden now
    this.following.delete(part.track);
  }
  private readonly feeds = new Map<number, Feed>();

  /** Stays close to the newest picture: a little faster or slower, a jump when far. */
  private keepUp(): void {
    for (const feed of this.feeds.values()) {
      const { media } = feed;
      const late = feed.end - media.currentTime;
      const middle = (near.least + near.most) / 2;
      if (late > near.far || !feed.around(media.currentTime)) media.currentTime = Math.max(0, feed.end - middle);
      else media.playbackRate = late > 2 * near.most ? pace.hurry : late > near.most ? pace.catch : late < near.least ? pace.wait : 1;
    }
    const at = this.lead()?.currentTime;
    if (at !== undefined) {
      this.one("[data-elapsed]").textContent = timeOf(at * 1000);
      this.root.dataset.at = String(Math.round(at * 1000));
    }
  }

  private mark(kind: string, code = ""): void {
    this.outbox.put({ to: "marks", body: { kind, mono: this.mono(), code } });
  }

  private refused(kind: string, why: string): void {
    const line = this.one("[data-wrong]");
    line.textContent = `${words(this.root, `mark.${kind}`)}: ${why}`;
    line.hidden = false;
  }

  private async prompt(form: HTMLFormElement): Promise<void> {
    const text = String(new FormData(form).get("text")).trim();
    if (!text || !this.powers.includes("prompt")) return;
    const sealed = b64(await seal(padJSON({ v: 1, text }), [this.root.dataset.recipient!]));
    await post(`/record/${this.id}/marks`, { kind: "prompt", mono: this.mono(), code: "", sealed });
    form.reset();
  }

  /** The time that is seen; while the room is hidden its picture stands still, and the recording does not. */
  private mono(): number {
    const at = this.masked ? undefined : this.lead()?.currentTime;
    return at ? Math.round(at * 1000) : this.clock.now();
  }

  private listWatchers(s: State): void {
    this.one("[data-watchers]").replaceChildren(
      ...s.watchers.map((w) => {
        const item = document.createElement("li");
        item.textContent = `${w.name} (${words(this.root, `room.${w.room}`) || w.room})`;
        return item;
      }),
    );
  }

  private readonly unseen = new Unseen();
  private async listMarks(s: State): Promise<void> {
    for (const m of this.unseen.take(s.marks)) {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = `${timeOf(m.mono)} ${words(this.root, `mark.${m.kind}`) || m.kind} ${m.code} ${await wordsOf(m, this.keys)}`;
      this.one("[data-marks]").prepend(item);
    }
  }

  private views(): NodeListOf<HTMLMediaElement> {
    return this.root.querySelectorAll<HTMLMediaElement>("[data-track]");
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }
}
