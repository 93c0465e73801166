// Minutes of a sealed recording for somebody outside: the server gives the
// encrypted records with their proof, this page adds the keys of these minutes
// and of no others. The server sees neither a key nor the file that is made.
import { sealBlob } from "../seal/index.js";
import { busy, field, hand, onSend, Told, words } from "../staff/form.js";
import { bytes, put } from "../staff/http.js";
import { ringKeys } from "../staff/rings.js";
import { minuteOf, decodeHeader, type Part } from "./chunk.js";
import type { Court, Opener } from "./pack.js";
import { Keys, records } from "./release.js";
import { state, type PartState, type State } from "./server.js";
import { blob, standalone, text } from "./standalone.js";
import { timeOf } from "./time.js";
import { headOf } from "./webm.js";

/** What is only loaded when somebody asks for a file. */
const packScript = "/static/room-pack.js";
const playerScript = "/static/court.js";

export class ExcerptCard {
  private readonly form: HTMLFormElement;
  private readonly all: Promise<State>;

  constructor(private readonly root: HTMLElement) {
    this.form = root.querySelector<HTMLFormElement>("form[data-excerpt]")!;
    this.all = state(root.dataset.recording!);
    void this.all.then((s) => this.offer(s));
    this.word.addEventListener("change", () => this.follow());
    onSend(this.form, () => void busy(this.form, () => this.make()));
  }

  private get word(): HTMLSelectElement {
    return this.form.querySelector<HTMLSelectElement>("[name=word]")!;
  }

  /** On whose word: an order of a prosecutor, or a power and who holds it. */
  private get on(): DOMStringMap {
    return this.word.selectedOptions[0]!.dataset;
  }

  /** Makes the form ready for an order. */
  choose(order: string): void {
    this.word.value = order;
    this.follow();
    this.word.focus();
    this.form.scrollIntoView();
  }

  /** An order says by itself which minutes, as what and for what. */
  private follow(): void {
    const { order, from, to, what, purpose } = this.on;
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-own]")) part.hidden = order !== undefined;
    if (!order) return;
    field(this.form, "from").value = from!;
    field(this.form, "to").value = to!;
    this.form.querySelector<HTMLInputElement>(`[name=what][value=${what}]`)!.checked = true;
    this.form.querySelector<HTMLSelectElement>("[name=purpose]")!.value = purpose!;
  }

  /** Offers what there is: its tracks and its minutes. */
  private offer(all: State): void {
    const last = String(minuteOf(Math.max(0, ...all.parts.map((p) => p.to)) - 1));
    for (const name of ["from", "to"]) field(this.form, name).max = last;
    field(this.form, "to").value ||= last;
    for (const box of this.form.querySelectorAll<HTMLInputElement>("[name=track]")) {
      if (all.parts.some((p) => p.track === Number(box.value))) continue;
      box.checked = false;
      box.parentElement!.hidden = true;
    }
    this.form.hidden = false;
  }

  private async make(): Promise<void> {
    const form = new FormData(this.form);
    const all = await this.all;
    const [from, to] = [Number(form.get("from")), Number(form.get("to"))];
    if (to < from) throw new Told(words(this.form, "order"));
    const minutes = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const tracks = form.getAll("track").map(Number);
    const caseKeys = [...(await ringKeys(`/case/${this.root.dataset.case!}`)).values()].reverse();
    const keys = new Keys(all.id, caseKeys, String(form.get("purpose")));

    const { order, power, by, recipient } = this.on;
    const body = JSON.stringify({ tracks, minutes, order, power, by });
    const excerpt = await (await bytes(`/record/${all.id}/excerpt`, { method: "POST", headers: { "Content-Type": "application/json" }, body })).blob();
    const openers: Opener[] = [];
    for (const p of all.parts) if (tracks.includes(p.track)) openers.push(...(await open(all.id, p, minutes, keys)));
    const forCourt = form.get("what") === "court";
    const { pack } = (await import(packScript)) as typeof import("./pack.js");
    const file = await pack(excerpt, all.id, openers, forCourt ? await this.court(all, from, to) : undefined);
    if (order) {
      const sealed = await sealBlob(file, [recipient!]);
      await put(`/record/${all.id}/minutes/${order}/archive`, sealed.file, { "Verhaal-Archive": sealed.hash });
      this.form.querySelector<HTMLElement>("[data-delivered]")!.hidden = false;
      return;
    }
    hand(this.form.querySelector<HTMLAnchorElement>("a[data-made]")!, file, `${all.id.slice(0, 8)}-${from}-${to}${forCourt ? "-pack" : ""}.zip`);
    this.form.querySelector<HTMLElement>("[data-done]")!.hidden = false;
  }

  /** What a court pack says and holds beside the excerpt. */
  private async court(all: State, from: number, to: number): Promise<Court> {
    const times = `${timeOf(from * 60_000)}–${timeOf(to * 60_000 + 59_000)}`;
    const put = (text: string) => text.replaceAll("{recording}", all.id).replaceAll("{times}", times);
    const say = (key: string) => put(words(this.form, key));
    const lines = [...this.form.querySelector<HTMLTemplateElement>("[data-readme]")!.content.querySelectorAll("p")];
    const within = `?from=${from}&to=${to}`;
    const mark = (kind: string) => words(this.root, `mark.${kind}`) || kind;
    return {
      readme: lines.map((p) => put(p.textContent!.trim())).join("\r\n\r\n") + "\r\n",
      beside: new Map<string, string | Blob>([
        ["custody.csv", await text(`/record/${all.id}/custody.csv${within}`)],
        ["custody.pdf", await blob(`/record/${all.id}/custody.pdf${within}`)],
        ["custody.html", await standalone(`/record/${all.id}/custody${within}`)],
        ["custody.jsonld", await text(`/record/${all.id}/custody.jsonld${within}`)],
        ["verify.html", await standalone(`/${document.documentElement.lang}/verify`, "/static/verify.js")],
        ["verhaal_reader.py", await text("/static/reader.txt")],
      ]),
      player: await text(playerScript),
      started: all.started,
      marks: all.marks.filter((m) => minuteOf(m.mono) >= from && minuteOf(m.mono) <= to).map((m) => ({ mono: m.mono, text: [mark(m.kind), m.code].filter(Boolean).join(" ") })),
      words: {
        title: say("title"), closed: say("closed"), sound: say("sound"), toggle: say("toggle"), seek: say("seek"), chapters: say("chapters"), check: say("check"),
        how: say("how"), tracks: [0, 1, 2, 3].map((t) => say(`track.${t}`)), lang: document.documentElement.lang, dir: document.documentElement.dir,
        zone: document.documentElement.dataset.zone!,
      },
    };
  }
}

/** The keys of a part's minutes among those asked for, and its head; none where it has no such minute. */
async function open(recording: string, p: PartState, asked: number[], keys: Keys): Promise<Opener[]> {
  const minutes = asked.filter((m) => m * 60_000 < p.to && (m + 1) * 60_000 > p.from);
  if (!minutes.length) return [];
  const part: Part = { recording, track: p.track, part: p.part };
  const opener: Opener = { part, from: p.from, head: new Uint8Array(), keys: await keys.bytes(part, minutes) };
  // The head lies in the part's first minute; that key is used here and goes nowhere.
  for await (const record of records(part, { from: 0, to: 0 }, new AbortController().signal)) {
    opener.from = decodeHeader(record).mono;
    opener.head = headOf(await keys.open(record));
  }
  return [opener];
}
