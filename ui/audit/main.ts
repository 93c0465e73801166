// The auditor's page: reads every leaf again and checks the tree, the
// signature and each actor's chain in this browser.
import { bundlePath, entries, equal, hex, readCheckpoint, Tree, type Checkpoint } from "./merkle.js";

interface Leaf {
  actor?: string;
  prev?: number;
}

class Broken extends Error {
  constructor(readonly says: string) {
    super(says);
  }
}

const root = document.querySelector<HTMLElement>("[data-verify]");
if (root) listen(root);

function listen(root: HTMLElement): void {
  const button = root.querySelector<HTMLButtonElement>("button")!;
  const out = root.querySelector<HTMLElement>("[data-result]")!;
  const progress = root.querySelector<HTMLProgressElement>("progress")!;
  const say = (key: string, good: boolean, detail = ""): void => {
    out.className = good ? "notice good" : "notice danger";
    out.textContent = (root.dataset[key] ?? key) + (detail ? " " + detail : "");
    out.hidden = false;
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    out.hidden = true;
    progress.hidden = false;
    try {
      const old = root.querySelector<HTMLTextAreaElement>("textarea")!.value.trim();
      const checked = await verify(root.dataset.key!, old, (done, all) => {
        progress.max = all;
        progress.value = done;
      });
      say("good", true, `${checked.size} · ${hex(checked.root)}`);
    } catch (e) {
      say(e instanceof Broken ? e.says : "failed", false);
    }
    progress.hidden = true;
    button.disabled = false;
  });
}

async function get(path: string): Promise<Uint8Array> {
  const answer = await fetch("/log/" + path, { cache: "no-store" });
  if (!answer.ok) throw new Error(path);
  return new Uint8Array(await answer.arrayBuffer());
}

function checkpoint(note: string, vkey: string): Checkpoint {
  try {
    return readCheckpoint(note, vkey);
  } catch {
    throw new Broken("signature");
  }
}

async function verify(vkey: string, oldNote: string, tell: (done: number, all: number) => void): Promise<Checkpoint> {
  const now = checkpoint(new TextDecoder().decode(await get("checkpoint")), vkey);
  const old = oldNote ? checkpoint(oldNote + "\n", vkey) : undefined;
  if (old && old.size > now.size) throw new Broken("shorter");
  const tree = new Tree();
  const last = new Map<string, number>();
  for (let n = 0; tree.size < now.size; n++) {
    const width = Math.min(256, now.size - n * 256);
    for (const leaf of entries(await get(bundlePath(n, width)))) {
      if (tree.size === now.size) break;
      const act = JSON.parse(new TextDecoder().decode(leaf)) as Leaf;
      const actor = act.actor ?? "";
      if ((act.prev ?? -1) !== (last.get(actor) ?? -1)) throw new Broken("chain");
      last.set(actor, tree.size);
      tree.add(leaf);
      if (old && tree.size === old.size && !equal(tree.root(), old.root)) throw new Broken("rewritten");
    }
    if (tree.size < Math.min((n + 1) * 256, now.size)) throw new Broken("tree");
    tell(tree.size, now.size);
  }
  if (!equal(tree.root(), now.root)) throw new Broken("tree");
  return now;
}
