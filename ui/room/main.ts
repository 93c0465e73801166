// The rooms: recorder, control room, player.
import { ExcerptCard } from "./excerpt.js";
import { PlayPage } from "./play.js";
import { RecordPage } from "./record.js";
import { WatchPage } from "./watch.js";

const page = (name: string) => document.querySelector<HTMLElement>(`[data-page="${name}"]`);

const [record, watch, play] = [page("record"), page("watch"), page("play")];
if (record) void new RecordPage(record).ready();
if (watch) new WatchPage(watch);
if (play) new PlayPage(play);
if (play?.querySelector("form[data-excerpt]")) new ExcerptCard(play);
