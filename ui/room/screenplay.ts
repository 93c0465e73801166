// A picture or sound on the page, fed with what was opened (Media Source
// Extensions). Its time is the recording's, in seconds, over all parts.
import { codecs, type Codec, type Header } from "./chunk.js";

/** How much stays behind the picture, in seconds; what is older is dropped. */
const behind = 30;

const week = 604_800;

/** A part's first picture comes this much after its beginning at most, in seconds. */
const lead = 1.5;

export class Feed {
  private readonly source = new MediaSource();
  private buffer: SourceBuffer | undefined;
  private codec: Codec | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(readonly media: HTMLMediaElement) {
    this.media.src = URL.createObjectURL(this.source);
  }

  /** Takes a head or a cluster; they may come from any place and part. */
  add(h: Header, plain: Uint8Array): Promise<void> {
    this.turn = this.turn.then(async () => {
      if (!plain.length) return;
      const buffer = await this.ready(h.codec as Codec);
      await this.drop(buffer);
      if (h.seq === 0) {
        // A head begins its part anew: the container's time 0 is at the head's.
        buffer.abort();
        buffer.timestampOffset = h.mono / 1000;
      }
      await this.settled(buffer, () => buffer.appendBuffer(plain as BufferSource));
    });
    return this.turn;
  }

  /** Seconds that are there around a time or just after it: [from, to], or none. */
  around(time: number): [number, number] | undefined {
    const ranges = this.media.buffered;
    for (let i = 0; i < ranges.length; i++) if (time >= ranges.start(i) - lead && time < ranges.end(i)) return [ranges.start(i), ranges.end(i)];
    return undefined;
  }

  /** The newest second that is there. */
  get end(): number {
    const ranges = this.media.buffered;
    return ranges.length ? ranges.end(ranges.length - 1) : 0;
  }

  close(): void {
    URL.revokeObjectURL(this.media.src);
    this.media.removeAttribute("src");
    this.media.load();
  }

  private async ready(codec: Codec): Promise<SourceBuffer> {
    if (this.source.readyState === "closed") await new Promise((open) => this.source.addEventListener("sourceopen", open, { once: true }));
    if (!this.buffer) {
      this.buffer = this.source.addSourceBuffer(codecs[codec]);
      this.source.setLiveSeekableRange(0, week); // else nobody could go to what isn't there yet
    } else if (codec !== this.codec) this.buffer.changeType(codecs[codec]); // the next part has another
    this.codec = codec;
    return this.buffer;
  }

  private async drop(buffer: SourceBuffer): Promise<void> {
    const until = this.media.currentTime - behind;
    const ranges = buffer.buffered;
    if (ranges.length && ranges.start(0) < until - behind) await this.settled(buffer, () => buffer.remove(0, until));
  }

  private settled(buffer: SourceBuffer, act: () => void): Promise<void> {
    return new Promise((done, failed) => {
      buffer.addEventListener("updateend", () => done(), { once: true });
      buffer.addEventListener("error", () => failed(new Error("the player refused a chunk")), { once: true });
      act();
    });
  }
}
