// The prosecutor's page: reasons are opened with the own key, and answered with
// a reason sealed to the case and to oneself.
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import { unlockedIdentity } from "../staff/unlocked.js";

function listen(box: HTMLElement): void {
  const path = `/decisions/${box.dataset.deviation}`;
  const problem = box.querySelector<HTMLElement>("[data-problem]")!;
  const answer = box.querySelector<HTMLFormElement>("[data-answer]");
  let caseRecipient = "";

  async function act(what: () => Promise<void>): Promise<void> {
    problem.hidden = true;
    try {
      await what();
    } catch (e) {
      problem.textContent = e instanceof Refusal && e.message ? e.message : box.dataset.failed!;
      problem.hidden = false;
    }
  }

  box.querySelector("[data-open]")!.addEventListener("click", () =>
    act(async () => {
      const own = await unlockedIdentity();
      const got = await post<{ reason: string; recipient: string }>(`${path}/open`);
      caseRecipient = got.recipient;
      const plain = JSON.parse(new TextDecoder().decode(await seal.open(seal.unb64(got.reason), own))) as { text: string };
      const shown = box.querySelector<HTMLElement>("[data-reason]")!;
      shown.textContent = plain.text;
      shown.hidden = false;
      if (answer) answer.hidden = false;
    }),
  );
  answer?.addEventListener("submit", (e) => {
    e.preventDefault();
    const state = (e.submitter as HTMLButtonElement).value;
    void act(async () => {
      const text = String(new FormData(answer).get("reason"));
      const sealed = await seal.seal(seal.padJSON({ v: 1, text }), [caseRecipient, box.dataset.own!]);
      await post(path, { state, answer: seal.b64(sealed) });
      location.reload();
    });
  });
}

for (const box of document.querySelectorAll<HTMLElement>("[data-deviation]")) listen(box);
