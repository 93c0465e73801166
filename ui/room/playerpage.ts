// The page of a court pack: it opens from a disk, without network and account,
// and holds its own script and style. Its policy lets it load nothing but the
// films beside it.
import type { Court, Named } from "./pack.js";
import { hashOf } from "./standalone.js";
import { timeOf } from "./time.js";

/** What the page says, in the language of the page that made it. */
export interface PlayerWords {
  title: string; // with recording and minutes
  closed: string; // that it opens these minutes to everybody
  tracks: string[]; // by number
  sound: string;
  toggle: string;
  seek: string;
  chapters: string;
  check: string; // heading
  how: string;
  lang: string;
  dir: string;
  zone: string; // in which moments are told
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0 auto;padding:1rem;max-inline-size:80rem}
h1{font-size:1.4rem}h2{font-size:1.1rem}
.films{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
figure{margin:0}figure div{position:relative}
[data-wall]{position:absolute;inset-block-end:0;inset-inline-end:0;margin:0;padding:.1rem .4rem;color:#fff;background:rgb(0 0 0/.6);font:.8rem ui-monospace,monospace;font-variant-numeric:tabular-nums}
video{inline-size:100%;background:#000;max-block-size:70vh}
h1,p{overflow-wrap:anywhere}
.bar{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin-block:1rem}
.bar input[type=range]{flex:1 1 16rem;min-block-size:44px}
button{font:inherit;min-block-size:44px;padding:.25rem .9rem}
label{display:inline-flex;gap:.4rem;align-items:center;min-block-size:44px}
ol{list-style:none;padding:0}ol button{background:none;border:0;color:LinkText;padding-inline:0;text-align:start}
pre{overflow:auto;padding:.75rem;border:1px solid GrayText}
time{font-variant-numeric:tabular-nums}[hidden]{display:none}`;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const safe = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c]!);

/** Tracks whose sound can be heard: main and safe. */
const heard = (track: number): boolean => track < 2;

export function playerPage(films: Named[], { player, words: w, marks, started }: Court): string {
  const script = player.trim();
  if (/<\/script/i.test(script)) throw new Error("the player's script can't stand in a page");
  const [from, to] = [Math.min(...films.map((f) => f.film.from)), Math.max(...films.map((f) => f.film.to))];
  const loud = films.find((f) => heard(f.track))?.track;
  const media = (kind: string, f: Named) =>
    `<${kind} ${kind === "video" ? "playsinline " : ""}src="${f.name}" data-track="${f.track}" data-from="${f.film.from}" data-to="${f.film.to}" preload="auto" muted aria-label="${safe(w.tracks[f.track]!)}"></${kind}>`;
  const shown = films.map((f) => (f.track === 1 ? media("audio", f) : `<figure><div>${media("video", f)}<p data-wall dir="ltr"></p></div><figcaption>${safe(w.tracks[f.track]!)}</figcaption></figure>`));
  const sounds = [...new Set(films.map((f) => f.track).filter(heard))].map(
    (t) => `<label><input type="radio" name="sound" value="${t}"${t === loud ? " checked" : ""}> ${safe(w.tracks[t]!)}</label>`,
  );
  const chapters = marks
    .filter((m) => m.mono >= from && m.mono < to)
    .map((m) => `<li><button type="button" data-go="${m.mono}"><time>${timeOf(m.mono)}</time> ${safe(m.text)}</button></li>`);
  const policy = `default-src 'none'; media-src file: 'self'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="${safe(w.lang)}" dir="${safe(w.dir)}" data-zone="${safe(w.zone)}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${safe(policy)}">
<meta name="viewport" content="width=device-width"><title>${safe(w.title)}</title><style>${style}</style></head>
<body data-started="${started}" data-from="${from}" data-to="${to}"><main><h1>${safe(w.title)}</h1><p>${safe(w.closed)}</p>
<div class="films">${shown.join("")}</div>
<div class="bar"><button type="button" data-toggle aria-pressed="false">${safe(w.toggle)}</button><time data-at>${timeOf(from)}</time><input type="range" data-seek min="${from}" max="${to}" step="100" value="${from}" aria-label="${safe(w.seek)}"></div>
${sounds.length > 1 ? `<fieldset class="bar"><legend>${safe(w.sound)}</legend>${sounds.join("")}</fieldset>` : ""}
${chapters.length ? `<h2>${safe(w.chapters)}</h2><ol>${chapters.join("")}</ol>` : ""}
<h2>${safe(w.check)}</h2><p>${safe(w.how)}</p><pre dir="ltr">verhaal verify recording FILE</pre></main>
<script type="module">${script}</script></body></html>
`;
}
