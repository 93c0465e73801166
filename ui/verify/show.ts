// Shows what a check found as one page in plain words. All that comes out of an
// archive goes in as text.
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { timeOf } from "../room/time.js";
import type { Checked } from "./check.js";
import type { Finding, Result, Span } from "./result.js";
import { wordsOf, type Words } from "./words.js";

type Child = Node | string;

/** An element; ltr is for what reads from left to right in every language. */
function make(tag: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}
const ltr = (tag: string, text: string, kind = ""): HTMLElement => make(tag, kind ? { dir: "ltr", class: kind } : { dir: "ltr" }, text);

const clock = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace("T", " ").slice(0, -5) + " UTC" : "?");
const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export class Sheet {
  constructor(
    private readonly root: HTMLElement,
    private readonly words: Words,
    private readonly list: string[], // of 2048 words, for hashes
    private readonly house: string, // key of this server's log; "" in a page that came along
  ) {}

  show(file: File, { result: r, logKey, own, stamped }: Checked): void {
    const { words } = this;
    const good = r.levels[1]!.state === "passed";
    const beside = r.unchecked !== undefined;
    const headline = this.fill("headline", words.text(r.sound ? (good ? `sound_${beside ? "records" : r.what}` : "incomplete") : `faults_${r.what}`));
    headline.className = r.sound ? (good && !beside ? "notice good" : "notice warn") : "notice danger";
    if (beside) headline.append(" ", words.text("unchecked"), " ", ltr("span", r.unchecked!.join(", ")));
    this.fill("file", ltr("span", file.name), " · ", ltr("span", size(file.size)), " · ", words.text("at"), " ", ltr("span", clock(Date.now())));
    this.fill("facts", ...this.facts(r));
    this.fill("levels", ...r.levels.map((l) => this.level(l)));
    this.findings("faults", r.faults);
    this.findings("notes", r.notes);
    this.fill("tracks", ...r.tracks.map((t) => this.track(t)));
    this.part("table").hidden = r.tracks.length === 0;
    this.seal(r);
    this.key(logKey, own);
    this.part("stamp").hidden = !stamped;
  }

  private part(name: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
  }

  private fill(name: string, ...children: Child[]): HTMLElement {
    const e = this.part(name);
    e.replaceChildren(...children);
    return e;
  }

  private facts({ recording, seal: s }: Result): Child[] {
    const pairs: [string, HTMLElement][] = [];
    if (recording) pairs.push(["recording", ltr("dd", recording, "mono")]);
    if (s) {
      pairs.push(["began", ltr("dd", clock(s.started))], ["ended", ltr("dd", clock(s.ended))], ["rules", ltr("dd", s.pack)]);
      if (s.minutes) pairs.push(["of_minutes", ltr("dd", runs(s.minutes))]);
      if (s.position !== undefined) pairs.push(["log", ltr("dd", `${s.log} #${s.position}`)]);
      if (s.heads) pairs.push(["heads", ltr("dd", String(s.heads))]);
    }
    return pairs.flatMap(([name, value]) => [make("dt", {}, this.words.text(name)), value]);
  }

  private level({ level, state, why }: Result["levels"][number]): HTMLElement {
    const badge = make("span", { class: `badge ${{ passed: "good", failed: "danger", incomplete: "warn", not_checked: "warn" }[state]}` }, this.words.text(`state.${state}`));
    const title = make("p", { class: "cluster apart" }, make("strong", {}, this.words.text(`level.${level}`)), badge);
    const what = make("p", { class: "small" }, this.words.text(`level.${level}.what`), ...(why ? [` (${this.words.tell([why])})`] : []));
    return make("li", { class: "stack tight", "data-level": String(level), "data-state": state }, title, what);
  }

  private findings(name: string, found: Finding[]): void {
    this.part(name + "-part").hidden = found.length === 0;
    this.fill(name, ...found.map((f) => make("li", { "data-kind": f.kind }, ...this.finding(f))));
  }

  /** Where it is, and what. */
  private finding(f: Finding): Child[] {
    const where: string[] = [];
    if (f.track !== undefined) where.push(this.words.text(`track.${f.track}`));
    if (f.part !== undefined) where.push(this.words.text("part", { part: f.part }));
    if (f.minutes) where.push(this.span("minute", f.minutes));
    if (f.records) where.push(this.span("record", f.records));
    const what = this.words.tell(f.says);
    return where.length ? [make("strong", {}, where.join(this.words.text("comma")) + ":"), " ", what] : [what];
  }

  private span(name: string, { from, to }: Span): string {
    return this.words.text(from === to ? name : name + "s", { from, to });
  }

  private track(t: Result["tracks"][number]): HTMLElement {
    const figures = [String(t.records), String(t.parts), size(t.bytes), `${timeOf(t.from)}–${timeOf(t.to)}`];
    return make("tr", {}, make("th", { scope: "row" }, this.words.text(`track.${t.track}`)), ...figures.map((n) => ltr("td", n, "figure")));
  }

  /** The seal as the receipt shows it. */
  private seal({ seal }: Result): void {
    this.part("seal-part").hidden = !seal;
    if (!seal) return;
    this.fill("seal", seal.manifest.match(/.{8}/g)!.join(" "));
    this.fill("seal-words", wordsOf(hexToBytes(seal.manifest), this.list).join(" · "));
  }

  /** The log's key, to compare. */
  private key(key: string, own: boolean): void {
    this.part("key-part").hidden = !key;
    this.fill("key", key);
    this.fill("key-words", keyWords(key, this.list));
    const same = key === this.house;
    const verdict = this.fill("key-verdict", this.words.text(!own ? "key_given" : same ? "key_same" : this.house ? "key_other" : "key_along"));
    verdict.className = own && !same ? "notice warn" : "notice good";
  }
}

/** The hash of a log's key in words. */
export const keyWords = (key: string, list: string[]): string => wordsOf(sha256(utf8ToBytes(key)), list).join(" · ");

/** Ascending numbers as "3, 14–16". */
function runs(numbers: number[]): string {
  const out: [number, number][] = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last && last[1] + 1 === n) last[1] = n;
    else out.push([n, n]);
  }
  return out.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}
