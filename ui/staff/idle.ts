// Locks after 15 minutes in which nobody touched any tab, says so a minute
// before, and tells the server now and then that somebody is still reading.
import { get, post } from "./http.js";

const minute = 60_000;
const lockAfter = 15 * minute;
const warnBefore = minute;
const tellEvery = 4 * minute;

let watching = false;

/** Begins to watch; calling it again changes nothing. */
export function watchIdle(): void {
  if (watching) return;
  watching = true;
  const tabs = new BroadcastChannel("verhaal.touch");
  let touched = Date.now();
  let told = touched;
  let shared = 0;
  const warning = new Warning(() => touch());

  function touch(): void {
    touched = Date.now();
    warning.hide();
    if (touched - shared > 5_000) {
      shared = touched;
      tabs.postMessage(touched);
    }
  }
  tabs.onmessage = ({ data }) => {
    touched = Math.max(touched, Number(data) || 0);
    warning.hide();
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    addEventListener(kind, touch, { passive: true, capture: true });
  }
  const look = async (): Promise<void> => {
    const now = Date.now();
    if (now - touched >= lockAfter) return lock();
    if (now - touched >= lockAfter - warnBefore) await warning.show();
    else if (touched > told && now - told >= tellEvery) {
      told = now;
      await post("/staff/seen").catch(() => undefined);
    }
  };
  setInterval(look, 10_000);
  // Timers sleep with the computer: look again as soon as somebody is back.
  document.addEventListener("visibilitychange", look);
}

async function lock(): Promise<void> {
  sessionStorage.clear();
  await post("/staff/lock").catch(() => undefined);
  location.assign("/staff/sign-in?why=idle&back=" + encodeURIComponent(location.pathname));
}

/** A quiet line that stays at the top of the screen, with a button to stay. */
class Warning {
  private box?: HTMLElement;

  constructor(private readonly stay: () => void) {}

  async show(): Promise<void> {
    if (this.box) return;
    const box = (this.box = document.createElement("div"));
    const words = await get<{ soon: string; stay: string }>("/staff/idle").catch(() => undefined);
    if (!words || this.box !== box) return;
    box.className = "bar top";
    box.dataset.idle = "";
    box.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = words.soon;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.stay;
    button.addEventListener("click", this.stay);
    box.append(text, button);
    document.querySelector("main")?.before(box);
  }

  hide(): void {
    this.box?.remove();
    this.box = undefined;
  }
}
