// The script of a court pack's page. It stands in the page itself, and plays
// the films beside it on one clock: the recording's, in ms.
import { momentOf, timeOf } from "../room/time.js";

/** Films further apart than this, in seconds, are put in step. */
const step = 0.12;
/** A film that ends less than this after a time, in ms, is over there. */
const edge = 80;

interface Film {
  media: HTMLMediaElement;
  from: number;
  to: number;
}

const one = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!;
const number = (e: HTMLElement, name: string): number => Number(e.dataset[name]);

const films: Film[] = [...document.querySelectorAll<HTMLMediaElement>("video, audio")].map((media) => ({ media, from: number(media, "from"), to: number(media, "to") }));
const [begin, end] = [number(document.body, "from"), number(document.body, "to")];
const seek = one<HTMLInputElement>("[data-seek]");
const toggle = one("[data-toggle]");

let at = begin;
let playing = false;
let looked = performance.now();

const there = (f: Film): boolean => at >= f.from && at < f.to - edge;

/** Brings a film to the time of the clock. */
function follow(f: Film, lead: Film | undefined, gone: boolean): void {
  if (films.some((other) => other !== f && other.media.dataset.track === f.media.dataset.track)) (f.media.closest("figure") ?? f.media).hidden = !there(f);
  const local = (at - f.from) / 1000;
  if (there(f) && (gone || (f !== lead && Math.abs(f.media.currentTime - local) > step && !f.media.seeking))) f.media.currentTime = local;
  if (there(f) && playing && f.media.paused) void f.media.play().catch(() => undefined);
  else if (!(there(f) && playing) && !f.media.paused) f.media.pause();
}

/** Shows a time; gone is a jump, else the clock ran there. */
function show(gone: boolean): void {
  const lead = films.find(there);
  for (const f of films) follow(f, lead, gone);
  one("[data-at]").textContent = timeOf(at);
  for (const clock of document.querySelectorAll("[data-wall]")) clock.textContent = momentOf(number(document.body, "started") + at);
  if (document.activeElement !== seek || playing) seek.value = String(at);
  seek.setAttribute("aria-valuetext", timeOf(at));
  toggle.setAttribute("aria-pressed", String(playing));
}

function tick(): void {
  const now = performance.now();
  if (playing) {
    const lead = films.find(there);
    if (!lead) at += now - looked; // between two films nothing was recorded
    else if (lead.media.ended) at = lead.to;
    else if (!lead.media.paused && !lead.media.seeking) at = lead.from + lead.media.currentTime * 1000;
    if (at >= end - edge) [at, playing] = [end, false];
    show(false);
  }
  looked = now;
}

function go(ms: number): void {
  at = Math.min(Math.max(ms, begin), end);
  show(true);
}

toggle.addEventListener("click", () => {
  if (!playing && at >= end - edge) go(begin);
  playing = !playing;
  show(false);
});
seek.addEventListener("input", () => go(Number(seek.value)));
for (const b of document.querySelectorAll<HTMLElement>("[data-go]")) b.addEventListener("click", () => go(number(b, "go")));

/** One sound is heard: two of the same room would echo. */
function listen(): void {
  const chosen = document.querySelector<HTMLInputElement>("[name=sound]:checked")?.value ?? films[0]?.media.dataset.track;
  for (const f of films) f.media.muted = f.media.dataset.track !== chosen;
}
for (const b of document.querySelectorAll("[name=sound]")) b.addEventListener("change", listen);

listen();
show(true);
setInterval(tick, 100);
