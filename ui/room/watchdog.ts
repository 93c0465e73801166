// Looks once a second at what could go wrong unseen, and names it.
import { Meter } from "./capture.js";
import { silence } from "./preflight.js";
import type { Session } from "./session.js";

/** What a watchdog can find; each has its sentence on the page. */
export type Alarm = "chunk" | "silence" | "clipping" | "frozen" | "clock" | "lag" | "offline" | "refused" | "conflict" | "disk" | "device" | "container";

const limits = { chunk: 3000, silence: 20, clipping: 2, frozen: 5, clock: 1000, lag: 5000 };

/** Small enough to compare each second, large enough that noise shows. */
const small = { width: 64, height: 36 };

export class Watchdog {
  private readonly since = new Map<Alarm, number>(); // seconds in a row
  private readonly video = document.createElement("video");
  private readonly canvas = new OffscreenCanvas(small.width, small.height).getContext("2d", { willReadFrequently: true })!;
  private before = "";
  private known = 0; // a clock's jump that was told already, ms
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly session: Session,
    private readonly meter: Meter,
    picture: MediaStream | undefined,
    private readonly tell: (found: Set<Alarm>) => void,
  ) {
    this.video.muted = true;
    if (picture) {
      this.video.srcObject = picture;
      void this.video.play();
    }
    this.timer = setInterval(() => this.look(), 1000);
  }

  stop(): void {
    clearInterval(this.timer);
    this.video.srcObject = null;
  }

  private look(): void {
    const { rms, peak } = this.meter.read();
    const found = new Set<Alarm>();
    const when = (alarm: Alarm, now: boolean, seconds = 1) => {
      const lasted = now ? (this.since.get(alarm) ?? 0) + 1 : 0;
      this.since.set(alarm, lasted);
      if (lasted >= seconds) found.add(alarm);
    };
    when("chunk", this.session.quiet(limits.chunk).length > 0);
    when("silence", rms < silence, limits.silence);
    when("clipping", peak >= 0.999, limits.clipping);
    when("frozen", this.frozen(), limits.frozen);
    const jumped = Math.abs(this.session.clock.jump() - this.known) > limits.clock;
    when("clock", jumped);
    if (jumped) this.known = this.session.clock.jump();
    const now = this.session.clock.now();
    const progress = this.session.progress;
    when("lag", progress.some((p) => p.kept > 0 && now - p.acked > limits.lag));
    for (const p of progress) if (p.trouble) found.add(p.trouble);
    this.tell(found);
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
