// Looks once a second at what could go wrong unseen, and names it.
import { Meter } from "./capture.js";
import { tracks } from "./chunk.js";
import { silence } from "./preflight.js";
import type { Session, Why } from "./session.js";

/** What a watchdog can find; each has its sentence on the page. */
export type Alarm = Why | "taken" | "closed" | "chunk" | "silence" | "clipping" | "frozen" | "thin" | "clock" | "lag" | "offline" | "refused" | "disk";

const limits = { silence: 20, clipping: 3, frozen: 5, clock: 1000, sleep: 5000, lag: 5000 };
/** How long an alarm stays at least, in ms: what is gone at once nobody reads. */
const stays = 3000;
const longer: Partial<Record<Alarm, number>> = { worker: 10_000, thin: 10_000, clock: 10_000, sleep: 10_000 };

/** Small enough to compare each second, large enough that noise shows. */
const small = { width: 64, height: 36 };

export class Watchdog {
  private readonly since = new Map<Alarm, number>(); // seconds in a row
  private readonly until = new Map<Alarm, number>(); // performance.now() to which an alarm stays
  private readonly away = new Map<number, Why>(); // tracks that don't record, and why
  private readonly video = document.createElement("video");
  private readonly canvas = new OffscreenCanvas(small.width, small.height).getContext("2d", { willReadFrequently: true })!;
  private before = "";
  private known = 0; // a clock's jump that was told already, ms
  private looked = performance.now();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly session: Session,
    private readonly meter: Meter,
    private readonly tell: (on: Set<Alarm>) => void,
  ) {
    this.video.muted = true;
    this.timer = setInterval(() => this.look(), 1000);
  }

  stop(): void {
    clearInterval(this.timer);
    this.video.srcObject = null;
  }

  /** A track stopped recording; "" says that it records again. */
  broke(track: number, why: Why | ""): void {
    if (why) this.away.set(track, why);
    else this.away.delete(track);
    this.look();
  }

  private look(): void {
    this.follow();
    const now = performance.now();
    const find = (alarm: Alarm) => void this.until.set(alarm, performance.now() + (longer[alarm] ?? stays));
    const when = (alarm: Alarm, is: boolean, looks = 1) => {
      const lasted = is ? (this.since.get(alarm) ?? 0) + 1 : 0;
      this.since.set(alarm, lasted);
      if (lasted >= looks) find(alarm);
    };
    const { session } = this;
    const { rms, clipped } = this.meter.read("long");
    when("chunk", session.quiet().length > 0);
    when("silence", rms < silence, limits.silence);
    when("clipping", clipped >= limits.clipping);
    when("frozen", this.frozen(), limits.frozen);
    when("thin", session.thin().length > 0);
    if (this.jumped()) void session.jumped().then(find);
    const pause = now - this.looked;
    this.looked = now;
    // A page in the background looks seldom too, but goes on recording.
    if (Math.min(pause, session.longestPause()) > limits.sleep) {
      find("sleep");
      session.slept(pause);
    }
    if (session.workerDied()) find("worker");
    const { progress } = session;
    when("lag", !session.closed && session.behind > limits.lag);
    for (const p of progress) if (p.trouble) find(p.trouble);
    if (session.taken) find("taken");
    if (session.closed) find("closed");
    for (const why of this.away.values()) find(why);
    this.tell(new Set([...this.until].filter(([, until]) => until > now).map(([alarm]) => alarm)));
  }

  /** Looks and listens where the tracks record from now: a device that came back gives a new stream. */
  private follow(): void {
    const sound = this.session.stream(tracks.safe);
    if (sound) this.meter.follow(sound);
    const picture = this.session.stream(tracks.main);
    if (!picture || this.video.srcObject === picture) return;
    this.video.srcObject = picture;
    if (picture.getVideoTracks().length) void this.video.play().catch(() => undefined);
  }

  private jumped(): boolean {
    const jump = this.session.clock.jump();
    if (Math.abs(jump - this.known) <= limits.clock) return false;
    this.known = jump;
    return true;
  }

  /** Two pictures a second apart are never the same to the last bit, unless nothing comes. */
  private frozen(): boolean {
    if (!this.video.videoWidth) return false;
    this.canvas.drawImage(this.video, 0, 0, small.width, small.height);
    const now = this.canvas.getImageData(0, 0, small.width, small.height).data.join();
    const same = now === this.before;
    this.before = now;
    return same;
  }
}
