// The player: any minute of a recording, for a purpose that is written down.
import { busy, onSend, words } from "../staff/form.js";
import { post, Refusal } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { decodeHeader, type Part } from "./chunk.js";
import { wordsOf } from "./prompts.js";
import { Played } from "./played.js";
import { Keys, records } from "./release.js";
import { Feed } from "./screenplay.js";
import { state, type Mark, type State } from "./server.js";
import { stayAwake } from "./stay.js";
import { momentOf, timeOf } from "./time.js";

/** Asked for at once, in ms: every minute that is opened is written down, so not far ahead. */
const piece = 8000;
/** Less than this ahead, in seconds, and the next piece is asked for. */
const ahead = 6;
/** This close to its end, in seconds, a part is over. */
const edge = 0.15;
/** A picture this close to a time, in seconds, is that of the time. */
const lead = 1.5;
/** Views further apart than this, in seconds, are put in step. */
const step = 0.1;

/** One track on the page. */
class View {
  readonly feed: Feed;
  private readonly heads = new Set<number>(); // parts whose head the feed has had
  private now: number | undefined; // the part whose head it had last
  private readonly ends = new Map<number, number>(); // where a part's sound and picture ended, in ms, once all of it is here
  private loading = false;
  private end = new AbortController();

  constructor(
    readonly media: HTMLVideoElement,
    readonly track: number,
    private readonly all: State,
    private readonly keys: Keys,
  ) {
    this.feed = new Feed(media);
  }

  /** Has what is around and after ms, as far as it was recorded. */
  async load(ms: number): Promise<void> {
    const have = this.feed.around(ms / 1000);
    const from = have ? have[1] * 1000 : ms;
    if (this.loading || (have && have[1] - ms / 1000 > ahead)) return;
    const next = this.parts().filter((p) => p.to > from + (have ? 2000 * edge : 20))[0];
    if (!next || next.from > from + piece) return;
    this.loading = true;
    try {
      const begun = Math.max(from, next.from);
      await this.take({ recording: this.all.id, track: this.track, part: next.part }, begun);
      if (begun + piece >= next.to) this.ends.set(next.part, (this.feed.around(begun / 1000)?.[1] ?? begun / 1000) * 1000);
    } finally {
      this.loading = false;
    }
  }

  /** The parts of the track in order. The last picture of one may lie well before the end of its last record. */
  parts(): { part: number; from: number; to: number }[] {
    const mine = this.all.parts.filter((p) => p.track === this.track).sort((x, y) => x.from - y.from);
    return mine.map(({ part, from, to }) => ({ part, from, to: Math.min(to, this.ends.get(part) ?? to) }));
  }

  private async take(p: Part, from: number): Promise<void> {
    const { signal } = this.end;
    if (this.now !== p.part) {
      for await (const r of records(p, { from: 0, to: 0 }, signal)) await this.feed.add(decodeHeader(r), await this.keys.open(r));
      this.now = p.part;
      this.heads.add(p.part);
    }
    for await (const r of records(p, { at: from, until: from + piece }, signal)) await this.feed.add(decodeHeader(r), await this.keys.open(r));
  }

  /** Gives up what is on its way: the person went elsewhere. */
  leave(): void {
    this.end.abort();
    this.end = new AbortController();
  }
}

export class PlayPage {
  private views: View[] = [];
  private state: State | undefined;
  private place = 0;
  private played: Played | undefined;
  private going = false; // to another place, which is on its way

  constructor(private readonly root: HTMLElement) {
    this.one("[data-no-script]").hidden = true;
    const form = this.one<HTMLFormElement>("form[data-purpose]");
    form.hidden = false;
    onSend(form, (f) => void busy(f, () => this.begin(new FormData(f))));
    this.listen();
  }

  private async begin(form: FormData): Promise<void> {
    const choice = this.one<HTMLSelectElement>("[name=purpose]").selectedOptions[0]!;
    const purpose = String(form.get("purpose"));
    const caseKeys = [...(await ringKeys(`/case/${this.root.dataset.case!}`)).values()].reverse();
    const all = (this.state = await state(this.root.dataset.recording!));
    const keys = new Keys(all.id, caseKeys, purpose);
    if (!all.running) this.played = new Played(all.id, purpose);
    // The safe sound is for where the picture's recorder failed; it is not played beside it.
    const tracks = new Set(all.parts.map((p) => p.track));
    const first = form.get("safe") || !tracks.has(0) ? 1 : 0;
    for (const media of this.root.querySelectorAll<HTMLVideoElement>("video[data-track]")) {
      const track = Number(media.dataset.track);
      if (!tracks.has(track) || (track < 2 && track !== first)) continue;
      media.closest<HTMLElement>("figure")!.hidden = false;
      this.views.push(new View(media, track, all, keys));
    }
    const length = Math.max(0, ...all.parts.map((p) => p.to));
    const seek = this.one<HTMLInputElement>("[data-seek]");
    seek.max = String(Math.ceil(length / 1000));
    this.one("[data-length]").textContent = timeOf(length);
    this.overlay(choice.textContent!.trim());
    await this.chapters(all.marks, caseKeys);
    this.listenForTopics(caseKeys);
    this.one("form[data-purpose]").hidden = true;
    this.one("[data-player]").hidden = false;
    stayAwake(() => !this.main.paused);
    const asked = Number(/^#t=(\d+)$/.exec(location.hash)?.[1] ?? 0) * 1000;
    await this.go(Math.max(asked, Math.min(...all.parts.filter((p) => p.track === first).map((p) => p.from))));
    setInterval(() => this.tick(), 200);
  }

  private get main(): HTMLVideoElement {
    return this.views[0]!.media;
  }

  /** Goes to a time, in ms, and stays playing or paused as it was. */
  private async go(ms: number): Promise<void> {
    this.going = true;
    for (const v of this.views) {
      v.leave();
      v.media.currentTime = ms / 1000;
    }
    this.shown(ms);
    await Promise.all(this.views.map((v) => v.load(ms).catch(() => undefined)));
    this.going = false;
  }

  /** Notes on the page how long it took until the picture of a time was there, in ms. */
  private shown(ms: number): void {
    const begun = performance.now();
    const look: VideoFrameRequestCallback = (_, frame) => {
      if (Math.abs(frame.mediaTime - ms / 1000) < lead) this.root.dataset.sought = String(Math.round(performance.now() - begun));
      else this.main.requestVideoFrameCallback(look); // the picture from before
    };
    this.main.requestVideoFrameCallback?.(look);
  }

  private tick(): void {
    const at = this.main.currentTime;
    for (const v of this.views) {
      void v.load(at * 1000).then(
        () => this.trouble(false),
        (e: unknown) => this.stopped(e, at),
      );
      const other = v.media;
      if (other === this.main) continue;
      if (Math.abs(other.currentTime - at) > step && v.feed.around(at)) other.currentTime = at;
      other.playbackRate = this.main.playbackRate;
      if (other.paused !== this.main.paused) void (this.main.paused ? other.pause() : other.play().catch(() => undefined));
    }
    this.skip(at);
    this.played?.look(at * 1000, !this.main.paused && !this.going);
    const seek = this.one<HTMLInputElement>("[data-seek]");
    if (document.activeElement !== seek || !this.main.paused) seek.value = String(Math.floor(at));
    seek.setAttribute("aria-valuetext", timeOf(at * 1000));
    this.one("[data-at]").textContent = timeOf(at * 1000);
    this.one("[data-wall]").textContent = momentOf(this.state!.started + at * 1000);
    this.one("[data-toggle]").setAttribute("aria-pressed", String(!this.main.paused));
  }

  /** A gap is shown, then the next part goes on. */
  private skip(at: number): void {
    const main = this.views[0]!;
    // Sound and picture don't end at the same frame, and the player waits for both.
    const here = main.feed.around(at);
    if (here && here[0] > at) main.media.currentTime = here[0];
    if (here && here[1] - at > edge) return void (this.one("[data-gap]").hidden = true);
    const parts = main.parts();
    if (parts.some((p) => p.from <= at * 1000 + 50 && p.to > (at + 2 * edge) * 1000)) return; // still loading
    const next = parts.filter((p) => p.from > at * 1000 + 50)[0];
    this.one("[data-gap]").hidden = !next;
    if (next && !this.going) void this.go(next.from);
  }

  /** Topics are linked to the minute that is on the screen. */
  private listenForTopics(keys: string[]): void {
    const form = this.one<HTMLFormElement>("form[data-topic]");
    onSend(form, (f) =>
      void busy(f, async () => {
        const topic = String(new FormData(f).get("topic")).trim();
        await post(`/record/${this.state!.id}/topics`, { topic, mono: Math.round(this.main.currentTime * 1000) });
        f.reset();
        await this.chaptersAgain(keys);
      }),
    );
  }

  private async chaptersAgain(keys: string[]): Promise<void> {
    this.state!.marks = (await state(this.state!.id)).marks;
    await this.chapters(this.state!.marks, keys);
  }

  /** A topic that was linked by mistake is taken back, for a reason. */
  private withdrawal(n: number, keys: string[]): Node {
    const form = this.one<HTMLTemplateElement>("template[data-withdraw]").content.cloneNode(true) as DocumentFragment;
    onSend(form.querySelector("form"), (f) =>
      void busy(f, async () => {
        await post(`/record/${this.state!.id}/topics/${n}/withdraw`, { why: String(new FormData(f).get("why")) });
        await this.chaptersAgain(keys);
      }),
    );
    return form;
  }

  private async chapters(marks: Mark[], keys: string[]): Promise<void> {
    const list = this.one("[data-marks]");
    const items: HTMLElement[] = [];
    for (const m of marks) {
      const [item, button] = [document.createElement("li"), document.createElement("button")];
      button.type = "button";
      button.className = "quiet";
      button.textContent = [timeOf(m.mono), words(this.root, `mark.${m.kind}`) || m.kind, m.code, await wordsOf(m, keys)].filter(Boolean).join(" ");
      button.addEventListener("click", () => void this.go(m.mono));
      item.append(button);
      if (m.linked) item.append(this.withdrawal(m.linked, keys));
      items.push(item);
    }
    list.replaceChildren(...items);
  }

  /** Who looks, when and why moves over the picture: a photograph of it names them. */
  private overlay(purpose: string): void {
    const line = this.one("[data-overlay]");
    const move = () => {
      line.textContent = `${this.root.dataset.me} · ${momentOf(Date.now())} · ${purpose}`;
      line.dataset.place = String((this.place = (this.place + 4) % 9));
    };
    move();
    setInterval(move, 5000);
  }

  private listen(): void {
    const toggle = () => (this.main.paused ? void this.main.play().catch(() => undefined) : this.main.pause());
    const by = (seconds: number) => void this.go(Math.max(0, (this.main.currentTime + seconds) * 1000));
    this.one("[data-toggle]").addEventListener("click", toggle);
    this.one("[data-back]").addEventListener("click", () => by(-10));
    this.one("[data-on]").addEventListener("click", () => by(10));
    this.one("[data-seek]").addEventListener("change", (e) => void this.go(Number((e.target as HTMLInputElement).value) * 1000));
    this.one("[data-volume]").addEventListener("input", (e) => (this.main.volume = Number((e.target as HTMLInputElement).value)));
    this.one("[data-speed]").addEventListener("change", (e) => (this.main.playbackRate = Number((e.target as HTMLSelectElement).value)));
    this.one("[data-player]").addEventListener("keydown", (e) => {
      if (e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement || e.target instanceof HTMLButtonElement) return;
      const act = { " ": toggle, ArrowLeft: () => by(-10), ArrowRight: () => by(10) }[e.key];
      if (!act) return;
      e.preventDefault();
      act();
    });
  }

  /** What kept a place from coming. When the time of the purpose is over, the page asks anew and goes on there. */
  private stopped(e: unknown, at: number): void {
    if (e instanceof Refusal && e.key === "room.fault.time_box") {
      location.hash = `t=${Math.floor(at)}`;
      location.reload();
      return;
    }
    this.trouble(!(e instanceof DOMException && e.name === "AbortError")); // left for another place
  }

  private trouble(now: boolean): void {
    this.one("[data-trouble]").hidden = !now;
  }

  private one<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.root.querySelector<E>(selector)!;
  }
}
