// A recording that runs: its tracks, each an encoder of its own, their parts,
// the worker that seals and sends, the marks.
import { b64, padJSON, seal, unb64 } from "../seal/index.js";
import { post } from "../staff/http.js";
import { codecOf, Encoder } from "./capture.js";
import { tracks } from "./chunk.js";
import type { FromWorker, Progress, ToWorker } from "./protocol.js";
import { Outbox, type Begun, type Clock } from "./server.js";

/** Where a track's picture and sound come from; asked again when a device came back. */
export interface Source {
  track: number;
  open: () => Promise<MediaStream>;
}

/** One track: its encoder now, and how far it is. */
interface Lane extends Source {
  stream: MediaStream;
  encoder: Encoder | undefined;
  part: number;
  end: number; // ms at which the parts before ended
  heard: number; // performance.now() of the last piece
  begun: number; // mono of the part's beginning
  progress?: Progress;
}

/** Tells the page that a track has to begin again. */
export type Broken = (track: number, why: string) => void;

export class Session {
  private readonly worker = new Worker("/static/room-worker.js", { type: "module" });
  private readonly lanes = new Map<number, Lane>();
  private readonly outbox = new Outbox();
  private readonly ended = new Map<string, () => void>();
  private readonly ends: Promise<void>[] = []; // of every part that was begun
  private stopping = false;

  constructor(
    readonly begun: Begun,
    readonly clock: Clock,
    private readonly logKey: string,
    private readonly broken: Broken,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    addEventListener("online", () => this.tell({ do: "hurry" }));
  }

  get id(): string {
    return this.begun.id;
  }

  /** How far each track is. */
  get progress(): Progress[] {
    return [...this.lanes.values()].flatMap((l) => l.progress ?? []);
  }

  /** The tracks that gave nothing for this long, in ms. */
  quiet(since: number): number[] {
    const now = performance.now();
    return [...this.lanes.values()].filter((l) => now - l.heard > since).map((l) => l.track);
  }

  stream(track: number): MediaStream | undefined {
    return this.lanes.get(track)?.stream;
  }

  /** Begins a track, or its next part. A gap before it is written down with its reason. */
  async begin(source: Source, stream: MediaStream, gap?: { from: number; reason: string }): Promise<void> {
    const codec = codecOf(source.track, stream);
    const a = crypto.getRandomValues(new Uint8Array(32));
    // Sealed before the first chunk: from then on only members of the case can listen.
    const share = b64(await seal(padJSON({ v: 1, a: b64(a) }), [this.begun.case_key, this.begun.recovery]));
    const { part, share_b } = await post<{ part: number; share_b: string }>(`/record/${this.id}/parts`, { track: source.track, codec, share });
    const begun = this.clock.now();
    const lane: Lane = { ...source, stream, part, end: begun, heard: performance.now(), begun, encoder: undefined };
    this.lanes.set(source.track, lane);
    this.ends.push(new Promise((done) => this.ended.set(`${source.track}/${part}`, done)));
    this.tell({
      do: "part",
      part: { recording: this.id, track: source.track, part },
      codec,
      a,
      b: unb64(share_b),
      started: begun,
      logKey: this.logKey,
    });
    lane.encoder = new Encoder(
      stream,
      codec,
      (p) => {
        lane.heard = p.at;
        const mono = this.clock.now() - Math.round(performance.now() - p.at);
        this.tell({ do: "piece", track: lane.track, bytes: p.bytes, mono, wall: p.wall, last: p.last }, [p.bytes]);
      },
      () => this.fail(lane, "device"),
    );
    lane.encoder.start();
    if (gap && begun > gap.from) this.gap(source.track, gap.from, begun, gap.reason);
  }

  /** Begins the next part of a track that broke; throws while its device is away. */
  async again(track: number, why: string): Promise<void> {
    const lane = this.lanes.get(track);
    if (!lane || this.stopping) return;
    const stream = await lane.open();
    await this.begin({ track, open: lane.open }, stream, { from: lane.progress?.kept || lane.end, reason: why });
  }

  mark(kind: string, more: { code?: string; sealed?: string } = {}): void {
    this.outbox.put(`/record/${this.id}/marks`, { kind, mono: this.clock.now(), code: more.code ?? "", ...more });
  }

  gap(track: number, from: number, to: number, reason: string): void {
    this.outbox.put(`/record/${this.id}/gaps`, { track, from, to, reason });
  }

  /** Ends every track, waits until the server has all of it, and has it sealed. */
  async stop(): Promise<unknown> {
    if (!this.stopping) this.mark("end");
    this.stopping = true;
    for (const l of this.lanes.values()) l.encoder?.stop();
    await Promise.all(this.ends);
    await this.outbox.empty();
    const done = await post<{ receipt: unknown }>(`/record/${this.id}/stop`, { room_empty: true });
    for (const l of this.lanes.values()) for (const t of l.stream.getTracks()) t.stop();
    this.worker.terminate();
    return done.receipt;
  }

  private hear(m: FromWorker): void {
    if (m.said === "ended") return this.ended.get(`${m.track}/${m.part}`)?.();
    const lane = this.lanes.get(m.said === "progress" ? m.progress.track : m.track);
    if (!lane) return;
    if (m.said === "progress") {
      if (m.progress.part === lane.part) lane.progress = m.progress;
      if (m.progress.trouble === "conflict" && m.progress.part === lane.part) this.fail(lane, "conflict");
    } else if (m.what === "container") this.fail(lane, "container");
    else this.broken(m.track, "disk");
  }

  private fail(lane: Lane, why: string): void {
    if (this.stopping || this.lanes.get(lane.track) !== lane || !lane.encoder) return;
    lane.encoder.stop();
    lane.encoder = undefined;
    this.broken(lane.track, why);
  }

  private tell(m: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(m, transfer);
  }
}

/** What is recorded: main with picture if there is one, sound apart always, the rest if wished. */
export function sources(open: { microphone: () => Promise<MediaStream>; camera?: () => Promise<MediaStream>; overview?: () => Promise<MediaStream> }): Source[] {
  const { microphone, camera, overview } = open;
  const list: Source[] = [{ track: tracks.safe, open: microphone }];
  if (camera) {
    list.unshift({
      track: tracks.main,
      open: async () => new MediaStream([...(await camera()).getVideoTracks(), ...(await microphone()).getAudioTracks()]),
    });
  } else list.unshift({ track: tracks.main, open: microphone });
  if (overview) list.push({ track: tracks.overview, open: overview });
  return list;
}
