// The prosecutor's page: reasons are opened with the own key, and answered with
// a reason sealed to the case and to oneself; views are opened and read.
import { Draft, type Sealer } from "../cases/draft.js";
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { unlockedIdentity } from "../staff/unlocked.js";
import { listenToAsking, listenToMinutes } from "./minutes.js";
import { opened, show } from "./words.js";

/** act does something and tells in box what went wrong. */
async function act(box: HTMLElement, what: () => Promise<void>): Promise<void> {
  const problem = box.querySelector<HTMLElement>("[data-problem]")!;
  problem.hidden = true;
  try {
    await what();
  } catch (e) {
    problem.textContent = e instanceof Refusal && e.message ? e.message : box.dataset.failed!;
    problem.hidden = false;
  }
}

/** toOneself seals what is not answered yet to the own key; what another key sealed is no draft. */
function toOneself(own: string, recipient: string): Sealer {
  return {
    epoch: 0,
    seal: (value) => seal.seal(seal.padJSON({ v: 1, ...value }), [recipient]),
    unseal: <T>(file: Uint8Array) => opened<T>(file, own).catch(() => undefined),
  };
}

function listenToDeviation(box: HTMLElement): void {
  const path = `/decisions/${box.dataset.deviation}`;
  const answer = box.querySelector<HTMLFormElement>("[data-answer]");
  let caseRecipient = "";
  let draft: Draft | undefined;
  box.querySelector("[data-open]")!.addEventListener("click", () =>
    act(box, async () => {
      const own = await unlockedIdentity();
      const got = await post<{ reason: string; answer: string; recipient: string }>(`${path}/open`);
      caseRecipient = got.recipient;
      await show(box.querySelector<HTMLElement>("[data-reason]")!, got.reason, own);
      const answered = box.querySelector<HTMLElement>("[data-answered]")!;
      answered.hidden = !got.answer;
      if (got.answer) await show(answered.querySelector("p")!, got.answer, own);
      if (!answer || draft) return;
      answer.hidden = false;
      draft = new Draft(answer.querySelector("textarea")!, toOneself(own, box.dataset.own!), path);
      await draft.follow(() => (answer.querySelector<HTMLElement>("[data-draft]")!.hidden = false));
    }),
  );
  answer?.addEventListener("submit", (e) => {
    e.preventDefault();
    const state = (e.submitter as HTMLButtonElement).value;
    void act(box, async () => {
      const text = String(new FormData(answer).get("reason"));
      const sealed = await seal.seal(seal.padJSON({ v: 1, text }), [caseRecipient, box.dataset.own!]);
      await post(path, { state, answer: seal.b64(sealed) });
      draft?.forget();
      location.reload();
    });
  });
}

function listenToView(box: HTMLElement): void {
  box.querySelector("[data-open]")!.addEventListener("click", () =>
    act(box, async () => {
      const own = await unlockedIdentity();
      const { words } = await post<{ words: string }>(`/decisions/views/${box.dataset.view}/open`);
      await show(box.querySelector<HTMLElement>("[data-words]")!, words, own);
    }),
  );
}

for (const box of document.querySelectorAll<HTMLElement>("[data-deviation]")) listenToDeviation(box);
for (const box of document.querySelectorAll<HTMLElement>("[data-view]")) listenToView(box);
for (const box of document.querySelectorAll<HTMLElement>("section[data-minutes]")) listenToMinutes(box);
listenToAsking(document.querySelector<HTMLFormElement>("[data-ask-minutes]")!);
