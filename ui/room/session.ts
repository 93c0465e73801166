// A recording that runs: its tracks, each an encoder of its own, their parts,
// the worker that seals and sends, the marks.
import { b64, padJSON, seal, unb64 } from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { codecOf, Encoder, Pace } from "./capture.js";
import { tracks } from "./chunk.js";
import { keepText } from "./disk.js";
import { thin } from "./frames.js";
import { unsent } from "./left.js";
import type { FromWorker, Progress } from "./protocol.js";
import { Outbox } from "./outbox.js";
import { rescue } from "./rescue.js";
import { sealKey } from "./sealed.js";
import { Sealing } from "./sealing.js";
import { state, type Begun, type Clock, type PartState, type State } from "./server.js";
import { sealedAlready } from "./uplink.js";

/** Where a track's picture and sound come from; asked again when a device came back. */
export interface Source {
  track: number;
  open: () => Promise<MediaStream>;
}

/** One track: its encoder now, and how far it is. */
interface Lane extends Source {
  stream: MediaStream;
  camera: Pace | undefined; // a screen has none: it gives a frame when something changes
  encoder: Encoder | undefined;
  part: number;
  end: number; // ms at which the parts before ended
  heard: number; // performance.now() of the last piece
  pause: number; // the longest between two pieces since somebody asked, in ms
  done: boolean; // ended in order; the rest of it is on its way
  progress?: Progress;
}

/** Why a track has to begin again; it becomes the gap's reason, a sleep as power. */
export type Why = "device" | "container" | "worker" | "sleep" | Lost;
/** Reasons for which the server takes no more of a part: what it has not lies here. */
type Lost = "conflict" | "damage";
const lost = (why: string): why is Lost => why === "conflict" || why === "damage";

/** Tells the page that a track has to begin again. */
export type Broken = (track: number, why: Why) => void;

/** A track that gave nothing for this long, in ms, gives nothing. */
const limit = 3000;
/** How long a part counts as recorded after what came of it last is waited out, in ms; the server counts 10 s. */
const patience = 15_000;

export class Session {
  private readonly sealing = new Sealing((m) => this.hear(m));
  private readonly lanes = new Map<number, Lane>();
  private readonly outbox: Outbox;
  private readonly ended = new Map<string, () => void>();
  private readonly ends: Promise<void>[] = []; // of every part that was begun
  private stopping = false;
  private hides = false;
  private woke = 0; // ms of the recording from which a sleep may have taken something
  private revived = false; // what a worker that died kept is on the disk still
  /** Somebody else had the recording sealed: what is recorded stays on this computer. */
  closed = false;
  /** Another computer began a later part of one of our tracks. */
  taken = false;

  constructor(
    readonly begun: Begun,
    readonly clock: Clock,
    private readonly logKey: string,
    private readonly broken: Broken,
    refused: (mark: string, why: string) => void,
  ) {
    this.outbox = new Outbox(begun.id, ({ to, body }, why) => to === "marks" && refused(String(body.kind), why));
    // Whoever finds the copy later knows by which key the seal must be signed.
    void keepText(begun.id, sealKey, logKey).catch(() => undefined);
    addEventListener("online", () => this.sealing.tell({ do: "hurry" }));
  }

  get id(): string {
    return this.begun.id;
  }

  /** The tracks that record, or should. */
  private get recording(): Lane[] {
    return [...this.lanes.values()].filter((l) => !l.done);
  }

  /** How far each track is. */
  get progress(): Progress[] {
    return [...this.lanes.values()].flatMap((l) => l.progress ?? []);
  }

  /** The tracks that gave nothing for too long. */
  quiet(): number[] {
    const now = performance.now();
    return this.recording.filter((l) => now - l.heard > limit).map((l) => l.track);
  }

  /** By how much the server is behind at the most, in ms. A track that gives nothing has nothing that is late. */
  get behind(): number {
    const late = [...this.lanes.values()].filter((l) => l.progress && (l.progress.waiting > 0 || performance.now() - l.heard < limit));
    return Math.max(0, ...late.map((l) => this.clock.now() - Math.max(l.progress!.acked, l.end)));
  }

  /** The tracks whose picture holds less than its camera gives; to be asked each second. */
  thin(): number[] {
    return this.recording
      .filter(({ encoder, camera, progress }) => {
        const gives = camera?.read() ?? 0;
        return encoder && gives > 0 && progress?.picture && thin(progress.picture, gives);
      })
      .map((l) => l.track);
  }

  /** The longest time without a piece on any track since this was asked last, in ms. */
  longestPause(): number {
    const now = performance.now();
    return Math.max(
      0,
      ...this.recording.map((l) => {
        const pause = Math.max(l.pause, now - l.heard);
        l.pause = 0;
        return pause;
      }),
    );
  }

  /** What a track records from now; undefined for one that does not record. */
  stream(track: number): MediaStream | undefined {
    return this.recording.find((l) => l.track === track)?.stream;
  }

  /** Begins a track, or its next part. A gap before it is written down with its reason. */
  async begin(source: Source, stream: MediaStream, gap?: { from: number; reason: string }): Promise<void> {
    const codec = codecOf(source.track, stream);
    const a = crypto.getRandomValues(new Uint8Array(32));
    // Sealed before the first chunk: from then on only members of the case can listen.
    const share = b64(await seal(padJSON({ v: 1, a: b64(a) }), [this.begun.case_key, this.begun.recovery]));
    const { part, share_b, token } = await post<{ part: number; share_b: string; token: string }>(`/record/${this.id}/parts`, { track: source.track, codec, share }).catch((e) => {
      this.closed ||= e instanceof Refusal && e.key === sealedAlready;
      throw e;
    });
    const begun = this.clock.now();
    const [film] = source.track === tracks.screen ? [] : stream.getVideoTracks();
    const lane: Lane = { ...source, stream, camera: film && new Pace(film), part, end: begun, heard: performance.now(), pause: 0, done: false, encoder: undefined };
    this.lanes.set(source.track, lane);
    this.ends.push(new Promise((done) => this.ended.set(`${source.track}/${part}`, done)));
    this.sealing.tell({
      do: "part",
      part: { recording: this.id, track: source.track, part },
      codec,
      a,
      b: unb64(share_b),
      token,
      started: begun,
      logKey: this.logKey,
    });
    lane.encoder = new Encoder(
      stream,
      codec,
      (p) => {
        if (this.lanes.get(lane.track) !== lane) return; // the next part began without it
        lane.pause = Math.max(lane.pause, p.at - lane.heard);
        lane.heard = p.at;
        const mono = this.clock.now() - Math.round(performance.now() - p.at);
        this.sealing.tell({ do: "piece", track: lane.track, bytes: p.bytes, mono, wall: p.wall, last: p.last }, [p.bytes]);
      },
      (why) => this.fail(lane, why),
    );
    try {
      lane.encoder.start();
    } catch (e) { // its device is gone already: the part that was begun ends empty
      this.sealing.tell({ do: "piece", track: lane.track, bytes: new ArrayBuffer(0), mono: begun, wall: Date.now(), last: true });
      throw e;
    }
    if (gap && begun > gap.from) this.gap(source.track, gap.from, begun, gap.reason);
  }

  /** Begins the next part of a track that broke; throws while its device is away. */
  async again(track: number, why: Why): Promise<void> {
    const lane = this.lanes.get(track);
    if (!lane || this.stopping) return;
    const stream = await lane.open();
    for (const t of lane.stream.getTracks()) t.stop(); // what is left of the old ones
    const { kept = 0, acked = 0 } = lane.progress ?? {};
    const from = (lost(why) ? acked : kept) || lane.end;
    const gap = why === "sleep" ? { from: Math.min(from, this.woke), reason: "power" } : { from, reason: why };
    await this.begin({ track, open: lane.open }, stream, gap);
  }

  /** Ends a track in order; another part of it can begin later. */
  end(track: number): void {
    const lane = this.lanes.get(track);
    if (!lane || lane.done) return;
    lane.done = true;
    lane.encoder?.stop();
    for (const t of lane.stream.getTracks()) t.stop();
  }

  /** Looks in the server's parts whether another computer records. */
  compare(parts: PartState[]): void {
    this.taken = this.recording.some((l) => l.encoder && parts.some((p) => p.track === l.track && p.part > l.part));
  }

  /** An alarm came on or went. */
  alarm(kind: string, on: boolean): void {
    this.outbox.put({ to: "alarms", body: { kind, on } });
  }

  mark(kind: string, more: { code?: string; sealed?: string } = {}): void {
    this.outbox.put({ to: "marks", body: { kind, mono: this.clock.now(), code: more.code ?? "", ...more } });
  }

  /** Hides what is recorded from now on from those who watch, or shows it again. */
  veil(on: boolean): void {
    this.hides = on;
    this.sealing.tell({ do: "veil", on, mono: this.clock.now() });
  }

  /** How many marks, gaps and alarms went out, once the server has all of them. */
  get sent(): number | undefined {
    return this.outbox.sent;
  }

  gap(track: number, from: number, to: number, reason: string): void {
    this.outbox.put({ to: "gaps", body: { track, from, to, reason } });
  }

  /**
   * Says why the computer's clock went away from ours: the server, asked until it
   * answers, went on too if the computer slept, and its counter with it. Then our
   * time follows, in a further part of each track; a clock that was set is noted.
   */
  async jumped(): Promise<"sleep" | "clock"> {
    const now = this.clock.now();
    const before = Math.max(0, now - 3000);
    let s: State | undefined;
    while (!(s = await state(this.id).catch(() => undefined))) await new Promise((r) => setTimeout(r, 2000));
    const missed = s.now - s.started - this.clock.now();
    if (missed < 1000) {
      for (const { track } of this.recording) this.gap(track, before, now + 500, "clock");
      return "clock";
    }
    this.woke = before;
    this.clock.slept(missed);
    for (const lane of this.recording) this.fail(lane, "sleep");
    return "sleep";
  }

  /** The computer slept this long until now, in ms: nothing was recorded. */
  slept(ms: number): void {
    const now = this.clock.now();
    for (const { track } of this.recording) this.gap(track, Math.max(0, Math.round(now - ms)), now, "power");
  }

  /**
   * Ends every track, waits until the server has all of it, and has it sealed;
   * false if somebody else had, without all that lies here.
   */
  async stop(): Promise<boolean> {
    if (!this.stopping) this.mark("end");
    this.stopping = true;
    for (const l of this.lanes.values()) l.encoder?.stop();
    await Promise.all(this.ends);
    await this.outbox.empty();
    if (this.revived) await rescue(this.id);
    const all = !this.closed || !(await unsent(this.id)).length;
    if (all) await this.seal();
    this.release();
    return all;
  }

  /** Has it sealed; what was brought of a worker that died passes for a recorder that still runs, for some seconds. */
  private async seal(): Promise<void> {
    const asked = performance.now();
    for (;;) {
      try {
        return await post(`/record/${this.id}/stop`, { room_empty: true });
      } catch (e) {
        const passes = this.revived && e instanceof Refusal && e.key === "room.fault.records" && performance.now() - asked < patience;
        if (!passes) throw e;
        await new Promise((r) => setTimeout(r, 1000));
      }
    }
  }

  /** Lets everything go at once, where a track could not begin: what is on the disk is for the next try. */
  abort(): void {
    this.stopping = true;
    for (const l of this.lanes.values()) l.encoder?.stop();
    this.release();
  }

  private release(): void {
    for (const l of this.lanes.values()) for (const t of l.stream.getTracks()) t.stop();
    this.sealing.end();
  }

  /**
   * Whether the worker died, to be asked each second. Another one begins then, and
   * with it the next part of each track; what was kept is sent when all ends.
   */
  workerDied(): boolean {
    if (!this.sealing.dead()) return false;
    this.sealing.anew();
    this.sealing.tell({ do: "veil", on: this.hides, mono: this.clock.now() });
    this.revived = true;
    for (const done of this.ended.values()) done();
    for (const lane of [...this.lanes.values()]) {
      if (lane.done) this.lanes.delete(lane.track);
      else this.fail(lane, "worker");
    }
    return true;
  }

  private hear(m: FromWorker): void {
    if (m.said === "ended") {
      const lane = this.lanes.get(m.track);
      if (lane?.done && lane.part === m.part) this.lanes.delete(m.track);
      return this.ended.get(`${m.track}/${m.part}`)?.();
    }
    const lane = this.lanes.get(m.said === "progress" ? m.progress.track : m.track);
    if (!lane) return;
    if (m.said === "progress") {
      this.closed ||= m.progress.trouble === "closed";
      if (m.progress.part === lane.part) lane.progress = m.progress;
      if (lost(m.progress.trouble) && m.progress.part === lane.part) this.fail(lane, m.progress.trouble);
    } else this.fail(lane, "container");
  }

  private fail(lane: Lane, why: Why): void {
    if (this.stopping || this.lanes.get(lane.track) !== lane || lane.done || !lane.encoder) return;
    if (lane.track === tracks.screen && why === "device") return this.end(lane.track); // in the browser's own bar
    lane.encoder.stop();
    lane.encoder = undefined;
    this.broken(lane.track, why);
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
