// The control room: the stream that is sealed is the stream that is watched.
import { padJSON, seal, b64 } from "../seal/index.js";
import { busy, onSend, words } from "../staff/form.js";
import { post } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { decodeHeader, type Part } from "./chunk.js";
import { wordsOf } from "./prompts.js";
import { Keys, records } from "./release.js";
import { Feed } from "./screenplay.js";
import { Outbox, state, type State } from "./server.js";
import { stayAwake } from "./stay.js";
import { timeOf } from "./time.js";

/** The picture is kept this close to the newest second, in seconds. */
const near = 0.2;
const far = 1;

export class WatchPage {
  private readonly id: string;
  private readonly outbox = new Outbox();
  private readonly end = new AbortController();
  private keys: string[] = [];
  private powers: string[] = [];
  private last: State | undefined;
  private readonly following = new Set<number>();

  constructor(private readonly root: HTMLElement) {
    this.id = root.dataset.recording!;
    this.one("[data-no-script]").hidden = true;
    const form = this.one<HTMLFormElement>("form[data-enter]");
    form.hidden = false;
    onSend(form, (f) => void busy(f, () => this.enter(String(new FormData(f).get("room")))));
    for (const b of root.querySelectorAll<HTMLButtonElement>("[data-mark]")) b.addEventListener("click", () => this.mark(b.dataset.mark!));
    const prompt = this.one<HTMLFormElement>("form[data-prompt]");
    onSend(prompt, () => void busy(prompt, () => this.prompt(prompt)));
  }

  private async enter(room: string): Promise<void> {
    this.keys = [...(await ringKeys(`/case/${this.root.dataset.case!}`)).values()].reverse();
    const sit = () => post<{ powers: string[]; every: number }>(`/record/${this.id}/watch`, { room });
    const { powers, every } = await sit();
    this.powers = powers;
    setInterval(() => void sit().catch(() => undefined), Math.max(2, every) * 1000);
    addEventListener("pagehide", () => navigator.sendBeacon?.(`/record/${this.id}/watch`, new Blob([`{"room":""}`], { type: "application/json" })));
    this.one("form[data-enter]").hidden = true;
    this.one("[data-live]").hidden = false;
    for (const part of this.root.querySelectorAll<HTMLElement>("[data-power]")) part.hidden = !powers.includes(part.dataset.power!);
    stayAwake(() => this.last?.running ?? false);
    await this.look();
    setInterval(() => void this.look(), 1000);
    setInterval(() => this.keepUp(), 250);
  }

  /** Follows every track that has a part open and a place on the page. */
  private async look(): Promise<void> {
    const s = await state(this.id).catch(() => undefined);
    this.one("[data-cut]").hidden = s !== undefined;
    if (!s) return;
    this.last = s;
    this.one("[data-over]").hidden = s.running;
    for (const view of this.views()) {
      const track = Number(view.dataset.track);
      const open = s.parts.filter((p) => p.track === track && p.open).at(-1);
      if (open && !this.following.has(track)) void this.follow(view, { recording: this.id, track, part: open.part });
    }
    this.listWatchers(s);
    await this.listMarks(s);
  }

  private async follow(view: HTMLVideoElement, part: Part): Promise<void> {
    this.following.add(part.track);
    const feed = (this.feeds.get(part.track) ?? new Feed(view)) as Feed;
    this.feeds.set(part.track, feed);
    view.closest<HTMLElement>("figure")!.hidden = false;
    const keys = new Keys(this.id, this.keys, { purpose: "live", basis: "watch" });
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
    this.following.delete(part.track);
  }
  private readonly feeds = new Map<number, Feed>();

  /** Stays close to the newest picture: a little faster when behind, a jump when far. */
  private keepUp(): void {
    for (const feed of this.feeds.values()) {
      const { media } = feed;
      const late = feed.end - media.currentTime;
      if (late > far || !feed.around(media.currentTime)) media.currentTime = Math.max(0, feed.end - near);
      else media.playbackRate = late > 1.5 * near ? 1.15 : 1;
    }
    const main = this.feeds.get(0);
    if (main && this.last) {
      this.one("[data-elapsed]").textContent = timeOf(main.media.currentTime * 1000);
      this.root.dataset.at = String(Math.round(main.media.currentTime * 1000));
    }
  }

  private mark(kind: string): void {
    this.outbox.put(`/record/${this.id}/marks`, { kind, mono: this.mono(), code: "" });
  }

  private async prompt(form: HTMLFormElement): Promise<void> {
    const text = String(new FormData(form).get("text")).trim();
    if (!text || !this.powers.includes("prompt")) return;
    const sealed = b64(await seal(padJSON({ v: 1, text }), [this.root.dataset.recipient!]));
    await post(`/record/${this.id}/marks`, { kind: "prompt", mono: this.mono(), code: "", sealed });
    form.reset();
  }

  private mono(): number {
    const at = this.feeds.get(0)?.media.currentTime;
    return at ? Math.round(at * 1000) : this.last ? this.last.now - this.last.started : 0;
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

  private marks = 0;
  private async listMarks(s: State): Promise<void> {
    for (const m of s.marks.slice(this.marks)) {
      this.marks++;
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = `${timeOf(m.mono)} ${words(this.root, `mark.${m.kind}`) || m.kind} ${await wordsOf(m, this.keys)}`;
      this.one("[data-marks]").prepend(item);
    }
  }

  private views(): NodeListOf<HTMLVideoElement> {
    return this.root.querySelectorAll<HTMLVideoElement>("video[data-track]");
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }
}
