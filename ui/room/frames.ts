// Counts the frames that truly are in what an encoder made: a busy computer loses
// some, and no header of a record says so.

/** How far back it is looked, in ms. */
export const span = 5000;
/** A picture that holds less than this share of what its camera gives is thin. */
const least = 2 / 3;
/** So is one with a hole of more than this, in ms, and of more than some frames. */
const longest = { ms: 500, frames: 3 };

/** What the last seconds of a picture hold. */
export interface Held {
  ms: number;
  frames: number;
  hole: number; // ms, the longest without a frame
}

/** Follows the picture of one part. */
export class Frames {
  private times: number[] = []; // ms in the container
  private now = 0;

  /** Sees the next block of the container, which is a frame of the picture or a piece of sound. */
  see(time: number, frame: boolean): void {
    this.now = Math.max(this.now, time);
    if (frame) this.times.push(time);
    while (this.times.length > 1 && this.times[1]! <= this.now - span) this.times.shift();
  }

  /** undefined before the first frame, and of sound alone. */
  held(): Held | undefined {
    const { times, now } = this;
    if (!times.length) return undefined;
    const ends = [...times.slice(1), now];
    return { ms: now - times[0]!, frames: times.length - 1, hole: Math.max(...ends.map((end, i) => end - times[i]!)) };
  }
}

/** Whether a picture loses frames of a camera that gives so many a second; a share of few ms says nothing. */
export function thin({ ms, frames, hole }: Held, gives: number, enough = span): boolean {
  return hole > Math.max(longest.ms, (longest.frames * 1000) / gives) || (ms >= enough && frames < (least * gives * ms) / 1000);
}
