// What was really played, not only opened: the lower bound of who heard which
// minutes, where the keys that were given out are the upper.
import { post } from "../staff/http.js";

/** Longest stretch that is not yet written down, in ms. */
const most = 30_000;
/** Two looks further apart than this, in ms of the recording, are a jump. */
const jump = 2000;

export class Played {
  private from = -1;
  private to = -1;

  constructor(
    private readonly recording: string,
    private readonly purpose: string,
  ) {
    addEventListener("pagehide", () => {
      const range = this.take();
      if (range) navigator.sendBeacon(this.path, new Blob([JSON.stringify(range)], { type: "application/json" }));
    });
  }

  /** Is told several times a second where the player is, in ms, and whether it plays. */
  look(at: number, playing: boolean): void {
    const goes = playing && at >= this.to && at - this.to < jump;
    if (this.from >= 0 && goes) this.to = at;
    if (this.from >= 0 && (!goes || this.to - this.from > most)) this.send();
    if (this.from < 0 && playing) this.from = this.to = at;
  }

  private get path(): string {
    return `/record/${this.recording}/played`;
  }

  private take(): { from: number; to: number; purpose: string } | undefined {
    const range = { from: Math.floor(this.from), to: Math.ceil(this.to), purpose: this.purpose };
    this.from = this.to = -1;
    return range.to > range.from && range.from >= 0 ? range : undefined;
  }

  private send(): void {
    const range = this.take();
    // What can't be written down now is written down as opened, when its key was given out.
    if (range) void post(this.path, range).catch(() => undefined);
  }
}
