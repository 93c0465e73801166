// Before the recording: everything it needs is looked at, and what is wrong is
// said in words. What is recorded here is encrypted, opened, played and gone.
import { concatBytes } from "@noble/hashes/utils.js";
import { words } from "../staff/form.js";
import { Refusal } from "../staff/http.js";
import { camera, devices, Encoder, codecOf, Meter, microphone, Pace, screen, type Piece } from "./capture.js";
import * as chunk from "./chunk.js";
import { thin } from "./frames.js";
import { Sealer } from "./sealer.js";
import { proven } from "./sealing.js";
import { ready, type Clocked } from "./server.js";

type Verdict = "good" | "bad" | "warn" | "wait";

/** More than this between our clock and the server's is told, in ms. */
const clockLimit = 500;
/** A voice is louder than this, as root mean square of full scale. */
export const silence = 0.002;
/** A microphone that gives nothing for this long, in ms, is told to be muted. */
const patience = 5000;
const testTime = 2000;
/** A room that was made ready and not touched for this long, in ms, was left: whoever waits for the person is there. */
const forgotten = 60 * 60_000;
/** Bytes an hour of a track with picture takes on the own disk, about. */
const anHour = 850e6;

/** What is recorded with, once everything is well. */
export interface Prepared {
  microphone: MediaStream;
  camera?: MediaStream;
  overview?: MediaStream;
  screen?: MediaStream;
  meter: Meter;
  offset: number; // server's clock minus ours, ms
  minutes: number;
}

export class Preflight {
  private microphone: MediaStream | undefined;
  private camera: MediaStream | undefined;
  private overview: MediaStream | undefined;
  private screen: MediaStream | undefined;
  private meter: Meter | undefined;
  private clocked: Clocked | undefined;
  private touched = performance.now();
  private sized = false; // somebody chose the size of the picture
  private readonly verdicts = new Map<string, Verdict>();

  /**
   * alone takes the room for this tab, or says that another has it. told is called
   * whenever something changed; true when nothing stands in the way.
   */
  constructor(
    private readonly root: HTMLElement,
    private readonly alone: () => Promise<boolean>,
    private readonly told: (free: boolean) => void,
  ) {
    for (const select of root.querySelectorAll("select")) select.addEventListener("change", () => void this.run());
    this.field("size").addEventListener("change", () => (this.sized = this.smallerShown.hidden = true));
    this.field("minutes").addEventListener("change", () => void Promise.all([this.server(), this.quota()]));
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (this.touched = performance.now()), { passive: true });
    root.querySelector("[data-again]")!.addEventListener("click", () => void this.run());
    root.querySelector("[data-screen]")?.addEventListener("click", () => void this.share());
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.list());
  }

  prepared(): Prepared {
    const { microphone, camera, overview, screen, meter, clocked } = this;
    return { microphone: microphone!, meter: meter!, offset: clocked!.offset, minutes: this.minutes(), ...(camera && { camera }), ...(overview && { overview }), ...(screen && { screen }) };
  }

  /** The device chosen for kind, "none" without; or the size of the picture. */
  chosen(kind: "microphone" | "camera" | "overview" | "size"): string {
    return this.field(kind).value;
  }

  async run(): Promise<void> {
    for (const check of this.root.querySelectorAll<HTMLElement>("[data-check]")) this.say(check.dataset.check!, "wait");
    const able = isSecureContext && "MediaRecorder" in window && MediaRecorder.isTypeSupported(chunk.codecs[2]) && "storage" in navigator && "locks" in navigator;
    this.say("browser", able ? "good" : "bad");
    if (!able) return;
    const { certificates } = this.root.dataset;
    if (certificates) this.say("certificates", certificates as Verdict);
    const alone = await this.alone();
    this.say("alone", alone ? "good" : "bad");
    if (!alone) return;
    this.shared();
    await this.open();
    await Promise.all([this.server(), this.quota(), this.sealing(), this.wake()]);
    await this.test(); // alone: it says what this computer keeps up with
  }

  /** Whether somebody prepares here: a device is open, and it was touched lately. */
  get busy(): boolean {
    return (this.microphone?.active ?? false) && performance.now() - this.touched < forgotten;
  }

  private async open(): Promise<void> {
    this.release();
    try {
      this.microphone = await microphone(this.chosen("microphone"));
      this.meter = new Meter(this.microphone);
      this.watchMeter(this.meter);
    } catch {
      this.say("microphone", "bad");
    }
    try {
      if (this.chosen("camera") !== "none") this.camera = await camera(this.chosen("camera"), this.chosen("size"));
      if (this.chosen("overview") !== "none") this.overview = await camera(this.chosen("overview"), this.chosen("size"));
      const enough = this.camera || this.root.dataset.level !== "video";
      this.say("camera", enough ? "good" : "bad", this.camera?.getVideoTracks()[0]?.label ?? "");
    } catch {
      this.say("camera", "bad");
    }
    this.say("overview", this.overview ? "good" : "warn");
    // What is pulled out before the recording begins is looked for again.
    for (const s of [this.microphone, this.camera, this.overview]) for (const t of s?.getTracks() ?? []) t.addEventListener("ended", () => void (this.root.hidden || this.run()));
    await this.list();
    const preview = this.root.querySelector<HTMLVideoElement>("[data-preview]")!;
    preview.srcObject = this.camera ?? null;
    preview.hidden = !this.camera;
  }

  /** Shows the devices by their names, which a page knows only once it may use them. */
  private async list(): Promise<void> {
    const [sound, pictures] = [await devices("audioinput"), await devices("videoinput")];
    for (const [name, found] of [["microphone", sound], ["camera", pictures], ["overview", pictures]] as const) {
      const select = this.field(name) as unknown as HTMLSelectElement;
      for (const d of found) {
        if (!d.deviceId || [...select.options].some((o) => o.value === d.deviceId)) continue;
        select.add(new Option(d.label, d.deviceId));
      }
    }
  }

  private async share(): Promise<void> {
    this.screen = await screen().catch(() => undefined);
    for (const t of this.screen?.getTracks() ?? []) t.addEventListener("ended", () => this.shared());
    this.shared();
    await Promise.all([this.server(), this.quota()]);
  }

  /** Says whether a screen is shared still: the browser's own bar ends it too. */
  private shared(): void {
    if (!this.screen?.active) this.screen = undefined;
    this.root.querySelector<HTMLElement>("[data-screen-on]")!.hidden = !this.screen;
  }

  private watchMeter(meter: Meter): void {
    const shown = this.root.querySelector<HTMLMeterElement>("meter")!;
    const since = performance.now();
    let heard = false; // once is enough: an empty room is silent
    const look = () => {
      if (this.meter !== meter) return;
      const { rms, clipped } = meter.read();
      shown.value = loudness(rms);
      heard ||= rms > silence;
      if (!heard && performance.now() - since > patience && this.verdicts.get("microphone") !== "bad") this.say("microphone", "bad", "", "silent");
      if (rms > silence && this.verdicts.get("microphone") !== "good") this.say("microphone", "good", this.microphone?.getAudioTracks()[0]?.label ?? "");
      if (clipped > 1) this.say("microphone", "warn");
      setTimeout(look, 100);
    };
    look();
  }

  /** Asks the server: room on its disk, the level, the clock. */
  private async server(): Promise<void> {
    const { case: file = "", interview = "" } = this.root.dataset;
    const pictures = this.pictures();
    const tracks = [...new Set([chunk.tracks.main, chunk.tracks.safe, ...pictures])];
    try {
      this.clocked = await ready(new URLSearchParams({ case: file, interview, minutes: String(this.minutes()), tracks: tracks.join(","), pictures: pictures.join(",") }));
      const { room, free, need, met } = this.clocked.ready;
      if (!met) this.say("camera", "bad");
      this.say("disk", room ? "good" : "bad", `${gigabytes(need)} / ${gigabytes(free)}`);
      const off = Math.abs(this.clocked.offset);
      this.say("clock", off <= clockLimit + this.clocked.error ? "good" : "bad", `${(off / 1000).toFixed(2)} s`);
      this.unasked("");
    } catch (e) {
      for (const name of ["disk", "clock"]) this.say(name, "wait");
      this.unasked(e instanceof Refusal && e.message ? e.message : words(this.root, "unreachable"), e instanceof Refusal && e.signedOut);
    }
  }

  /** Says why the server could not be asked, where it could not, and leads to signing in. */
  private unasked(why: string, signedOut = false): void {
    this.root.querySelector<HTMLElement>("[data-signed-out]")!.hidden = !signedOut;
    const line = this.root.querySelector<HTMLElement>("[data-unasked]")!;
    line.textContent = why;
    line.hidden = !why;
  }

  /** The tracks that have a picture. */
  private pictures(): number[] {
    const { main, overview, screen } = chunk.tracks;
    return [...(this.camera ? [main] : []), ...(this.overview ? [overview] : []), ...(this.screen ? [screen] : [])];
  }

  /** Whether the browser can keep the screen on; a computer that sleeps records nothing. */
  private async wake(): Promise<void> {
    const lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
    this.say("wake", lock ? "good" : "warn");
    await lock?.release();
  }

  private async quota(): Promise<void> {
    const kept = await navigator.storage.persist().catch(() => false);
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    const enough = quota - usage > ((anHour * this.minutes()) / 60) * Math.max(1, this.pictures().length);
    this.say("space", enough ? (kept ? "good" : "warn") : "bad", gigabytes(quota - usage));
  }

  /** Whether the worker runs that will seal and keep: without it nothing is recorded. */
  private async sealing(): Promise<void> {
    this.say("sealing", await proven().then(() => "good" as const, () => "bad" as const));
  }

  /** Two seconds through all that a recording goes through, but the server. */
  private async test(): Promise<void> {
    if (!this.microphone) return this.say("test", "bad");
    const stream = new MediaStream([...(this.camera?.getVideoTracks() ?? []), ...this.microphone.getAudioTracks()]);
    try {
      const { plain, full } = await sealedAndOpened(stream);
      if (!stream.active) return; // it was looked at anew meanwhile
      if (!full && this.smaller()) return await this.run();
      if (!full && this.verdicts.get("camera") === "good") this.say("camera", "warn", this.camera?.getVideoTracks()[0]?.label ?? "", "thin");
      const shown = this.root.querySelector<HTMLVideoElement>("[data-played]")!;
      URL.revokeObjectURL(shown.src);
      shown.src = URL.createObjectURL(new Blob([plain as BlobPart], { type: this.camera ? "video/webm" : "audio/webm" }));
      shown.hidden = false;
      await new Promise<void>((done, failed) => {
        shown.oncanplay = () => done();
        shown.onerror = () => failed(new Error("it can't be played"));
      });
      void shown.play().catch(() => undefined); // without a gesture the browser waits for one
      this.say("test", "good");
    } catch {
      if (stream.active) this.say("test", "bad");
    }
  }

  /** Takes the next smaller picture, unless somebody chose its size or there is none; says so. */
  private smaller(): boolean {
    const size = this.field("size") as unknown as HTMLSelectElement;
    if (this.sized || size.selectedIndex + 1 >= size.options.length) return false;
    size.selectedIndex++;
    this.smallerShown.hidden = false;
    return true;
  }

  private get smallerShown(): HTMLElement {
    return this.root.querySelector<HTMLElement>("[data-smaller]")!;
  }

  /** Lets the devices go. */
  release(): void {
    for (const s of [this.microphone, this.camera, this.overview]) for (const t of s?.getTracks() ?? []) t.stop();
    this.meter?.close();
    this.meter = this.microphone = this.camera = this.overview = undefined;
  }

  private minutes(): number {
    return Math.max(1, Number(this.field("minutes").value) || 90);
  }

  private field(name: string): HTMLInputElement {
    return this.root.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
  }

  /** why chooses among the sentences of a verdict, where there are several. */
  private say(name: string, verdict: Verdict, detail = "", why = ""): void {
    const item = this.root.querySelector<HTMLElement>(`[data-check="${name}"]`);
    if (!item) return; // the rules don't ask for it here
    this.verdicts.set(name, verdict);
    item.dataset.verdict = verdict;
    for (const text of item.querySelectorAll<HTMLElement>("[data-when]")) text.hidden = text.dataset.when !== verdict || (text.dataset.why ?? "") !== why;
    item.querySelector("[data-detail]")!.textContent = detail;
    const all = [...this.verdicts.values()];
    this.told(all.every((v) => v === "good" || v === "warn"));
  }
}

/**
 * Runs a stream through encoder, seal and opening; gives what a player would get,
 * and whether its picture has the frames that its camera gave.
 */
async function sealedAndOpened(stream: MediaStream): Promise<{ plain: Uint8Array; full: boolean }> {
  const [film] = stream.getVideoTracks();
  const pace = film && new Pace(film);
  pace?.read();
  const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
  const part: chunk.Part = { recording: "0".repeat(32), track: 0, part: 0 };
  const [a, b] = [random(32), random(32)];
  const sealer = new Sealer(part, codecOf(0, stream), a, b, 0);
  const begun = performance.now();
  const pieces = await new Promise<Piece[]>((done, failed) => {
    const found: Piece[] = [];
    const encoder = new Encoder(stream, codecOf(0, stream), (p) => (found.push(p), p.last && done(found)), () => failed(new Error("the encoder stopped")));
    encoder.start();
    setTimeout(() => encoder.stop(), testTime);
  });
  const gives = pace?.read() ?? 0;
  const opened: Uint8Array[] = [];
  for (const p of pieces) {
    for (const r of await sealer.push(new Uint8Array(p.bytes), { mono: Math.round(p.at - begun), wall: p.wall }, p.last)) {
      const { minute } = chunk.decodeHeader(r.bytes);
      opened.push(await chunk.openRecord(r.bytes, await chunk.minuteKey(a, await chunk.minuteShare(b, 0, minute), part, minute)));
    }
  }
  const held = sealer.held();
  return { plain: concatBytes(...opened), full: !held || !pace || !thin(held, gives, testTime / 2) };
}

/** Root mean square as 0 to 1 over the 60 dB that matter. */
export function loudness(rms: number): number {
  return Math.max(0, 1 + (20 * Math.log10(rms || 1e-9)) / 60);
}

function gigabytes(n: number): string {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "gigabyte", maximumFractionDigits: 1 }).format(n / 1e9);
}
