// The rooms: recorder, control room, player; and the receipt.
import { ExcerptCard } from "./excerpt.js";
import { OfficialPage } from "./official.js";
import { listenToOrder } from "./orders.js";
import { PlayPage } from "./play.js";
import { RecordPage } from "./record.js";
import { WatchPage } from "./watch.js";

const page = (name: string) => document.querySelector<HTMLElement>(`[data-page="${name}"]`);

const [record, watch, play, official] = [page("record"), page("watch"), page("play"), page("official")];
if (record) void new RecordPage(record).ready();
if (watch) new WatchPage(watch);
if (play) new PlayPage(play);
if (play?.querySelector("form[data-excerpt]")) {
  const excerpt = new ExcerptCard(play);
  for (const card of play.querySelectorAll<HTMLElement>("section[data-order]")) listenToOrder(play, card, excerpt);
}
if (official) void new OfficialPage(official).ready();

const print = page("receipt")?.querySelector<HTMLButtonElement>("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
