// Devices, and what each track is recorded from.
import { codecs, tracks, type Codec } from "./chunk.js";

/** The evidence microphone: what was said, with nothing taken away or made louder. */
const evidence = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 }, sampleRate: { ideal: 48_000 } };
const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };

/** What comes out of an encoder, and when, this often. */
const slice = 250;

export interface Choice {
  microphone: string; // device ids; "" is the browser's choice
  camera: string; // "none" without picture
  overview: string; // "none" without
}

export const microphone = (id: string): Promise<MediaStream> =>
  navigator.mediaDevices.getUserMedia({ audio: { ...evidence, ...(id ? { deviceId: { exact: id } } : {}) } });

export const camera = (id: string): Promise<MediaStream> =>
  navigator.mediaDevices.getUserMedia({ video: { ...picture, ...(id ? { deviceId: { exact: id } } : {}) } });

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

  constructor(stream: MediaStream, codec: Codec, piece: (p: Piece) => void, failed: () => void) {
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
    this.recorder.onerror = failed;
    for (const t of stream.getTracks()) t.addEventListener("ended", failed);
  }

  start(): void {
    this.recorder.start(slice);
  }

  /** Ends the part; the last piece comes afterwards. */
  stop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }
}

/** Loudness of a stream, looked at when asked. */
export class Meter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples = new Float32Array(2048);

  constructor(stream: MediaStream) {
    this.analyser.fftSize = this.samples.length;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
  }

  /** Root mean square and peak of the last 40 ms, 0 to 1. */
  read(): { rms: number; peak: number } {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    let peak = 0;
    for (const s of this.samples) {
      sum += s * s;
      peak = Math.max(peak, Math.abs(s));
    }
    return { rms: Math.sqrt(sum / this.samples.length), peak };
  }

  /** A tone that can't be missed, for a watchdog; it is heard in the room. */
  tone(): void {
    const [note, volume] = [this.context.createOscillator(), this.context.createGain()];
    note.frequency.value = 880;
    volume.gain.value = 0.2;
    note.connect(volume).connect(this.context.destination);
    note.start();
    note.stop(this.context.currentTime + 0.4);
  }

  close(): void {
    void this.context.close();
  }
}
