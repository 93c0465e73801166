// Devices, and what each track is recorded from.
import { codecs, tracks, type Codec } from "./chunk.js";
import { span } from "./frames.js";

/** The evidence microphone: what was said, with nothing taken away or made louder. */
const evidence = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 }, sampleRate: { ideal: 48_000 } };
const rate = { ideal: 25, max: 30 };

/** What comes out of an encoder, and when, this often. */
const slice = 250;

/** id is a device's; "" is the browser's choice. */
export const microphone = (id: string): Promise<MediaStream> =>
  navigator.mediaDevices.getUserMedia({ audio: { ...evidence, ...(id ? { deviceId: { exact: id } } : {}) } });

/** size is "1280x720", or another that pre-flight offers. */
export function camera(id: string, size: string): Promise<MediaStream> {
  const [width, height] = size.split("x").map((n) => ({ ideal: Number(n) }));
  return navigator.mediaDevices.getUserMedia({ video: { width: width!, height: height!, frameRate: rate, ...(id ? { deviceId: { exact: id } } : {}) } });
}

export const screen = (): Promise<MediaStream> => navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 10 } } });

export async function devices(kind: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
  return (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === kind);
}

/** The codec of a track: VP8, since two pictures at once must leave room on a small computer. */
export function codecOf(track: number, stream: MediaStream): Codec {
  if (!stream.getVideoTracks().length) return 1;
  return track === tracks.main && stream.getAudioTracks().length ? 2 : 4;
}

export interface Piece {
  bytes: ArrayBuffer;
  at: number; // performance.now() when the encoder gave it
  wall: number;
  last: boolean;
}

/** One encoder of one part. It tells each piece in order, and its end once. */
export class Encoder {
  private readonly recorder: MediaRecorder;
  private turn: Promise<void> = Promise.resolve();

  constructor(stream: MediaStream, codec: Codec, piece: (p: Piece) => void, failed: (why: "device" | "container") => void) {
    this.recorder = new MediaRecorder(stream, {
      mimeType: codecs[codec],
      audioBitsPerSecond: 96_000,
      videoBitsPerSecond: 1_800_000,
      videoKeyFrameIntervalDuration: 1000,
    } as MediaRecorderOptions);
    this.recorder.ondataavailable = (e) => {
      const [at, wall] = [performance.now(), Date.now()];
      this.turn = this.turn.then(async () => piece({ bytes: await e.data.arrayBuffer(), at, wall, last: false }));
    };
    // Told to stop, it may still give a piece that was on its way, then the rest.
    this.recorder.onstop = () => {
      const [at, wall] = [performance.now(), Date.now()];
      this.turn = this.turn.then(() => piece({ bytes: new ArrayBuffer(0), at, wall, last: true }));
    };
    this.recorder.onerror = () => failed("container");
    for (const t of stream.getTracks()) t.addEventListener("ended", () => failed("device"));
  }

  start(): void {
    this.recorder.start(slice);
  }

  /** Ends the part; the last piece comes afterwards. */
  stop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }
}

/** A browser may count the frames of a camera's track, and those left out to keep to its rate. */
type Counted = MediaStreamTrack & { stats?: { totalFrames: number; discardedFrames: number } | null };

/** How many frames a second a camera gives, whether or not somebody has time to take them. */
export class Pace {
  private readonly seen: { at: number; gave: number }[] = [];

  constructor(private readonly track: Counted) {}

  /** Over the last seconds in which it was asked: a dark room makes a camera slower than it promised. */
  read(): number {
    const { frameRate: promised = 0 } = this.track.getSettings();
    const { stats } = this.track;
    if (!stats) return promised;
    const now = { at: performance.now(), gave: stats.totalFrames - stats.discardedFrames };
    this.seen.push(now);
    while (this.seen[1] && this.seen[1].at <= now.at - span) this.seen.shift();
    const { at, gave } = this.seen[0]!;
    return now.at - at < 1000 ? promised : Math.min(promised, ((now.gave - gave) * 1000) / (now.at - at));
  }
}

/** This many samples at the edge, one after the other, are a wave that was cut off; fewer are a loud sound. */
const run = 3;
const edge = 0.999;

/** What a microphone gave: root mean square (0 to 1), and how often a wave was cut off. */
export interface Heard {
  rms: number;
  clipped: number;
}

/** Loudness of a stream, looked at when asked. */
export class Meter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples = new Float32Array(32768); // the most that an analyser keeps
  private source: MediaStreamAudioSourceNode | undefined;

  constructor(stream: MediaStream) {
    this.analyser.fftSize = this.samples.length;
    this.follow(stream);
  }

  /** Listens to another stream from now on. */
  follow(stream: MediaStream): void {
    if (this.source?.mediaStream === stream) return;
    this.source?.disconnect();
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.analyser);
  }

  /** Reads the last 40 ms, or the last 0.7 s ("long"). */
  read(span: "short" | "long" = "short"): Heard {
    this.analyser.getFloatTimeDomainData(this.samples);
    const heard = span === "long" ? this.samples : this.samples.subarray(-2048);
    let [sum, clipped, atEdge] = [0, 0, 0];
    for (const s of heard) {
      sum += s * s;
      atEdge = Math.abs(s) >= edge ? atEdge + 1 : 0;
      if (atEdge === run) clipped++;
    }
    return { rms: Math.sqrt(sum / heard.length), clipped };
  }

  close(): void {
    void this.context.close();
  }
}
