// The worker that seals, keeps and sends, as the page sees it: it says each second
// that it lives, since nothing else tells a page that its worker died.
import type { Alive, FromWorker, ToWorker } from "./protocol.js";

const begin = (): Worker => new Worker("/static/room-worker.js", { type: "module" });

/** A worker that says nothing for so many looks, a second apart, is dead. */
const patience = 5;
/** How long a new one may take to say its first word, in ms. */
const first = 15_000;

/** Ends once a worker said that it lives; throws where none does. */
export async function proven(): Promise<void> {
  const worker = begin();
  try {
    await new Promise((lives, failed) => {
      worker.onmessage = lives;
      worker.onerror = failed;
      setTimeout(failed, first);
    });
  } finally {
    worker.terminate();
  }
}

export class Sealing {
  private worker = this.begin();
  private silent = 0; // looks in a row at which it had said nothing

  constructor(private readonly hear: (m: FromWorker) => void) {}

  tell(m: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(m, transfer);
  }

  /** Whether it died; to be asked each second. */
  dead(): boolean {
    return ++this.silent > patience;
  }

  /** Another takes its place, and knows nothing of its parts. */
  anew(): void {
    this.end();
    this.silent = 0;
    this.worker = this.begin();
  }

  end(): void {
    this.worker.terminate();
  }

  private begin(): Worker {
    const worker = begin();
    worker.onmessage = ({ data }: MessageEvent<FromWorker | Alive>) => {
      this.silent = 0;
      if (data.said !== "alive") this.hear(data);
    };
    return worker;
  }
}
