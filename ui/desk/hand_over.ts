// Handing a report over: what this desk's key opens is sealed anew, in this
// tab, for another desk.
import * as seal from "../seal/index.js";
import { post, Refusal } from "../staff/http.js";
import type { Opened, Report } from "./report.js";

interface Handable extends Opened {
  state: string;
  identity_key: string | null; // null where the identity stays behind
}

interface Choice {
  to: string;
  consent: string;
  reason: string;
}

export class HandOver {
  private readonly form: HTMLFormElement;
  /** What was sent without an answer: sent again as it is, it can't be done twice. */
  private unanswered: { choice: string; body: unknown } | undefined;

  constructor(
    private readonly report: Report,
    form: HTMLFormElement,
  ) {
    this.form = form;
  }

  listen(): void {
    const target = this.form.querySelector<HTMLSelectElement>("[name=to]")!;
    const reason = this.form.querySelector<HTMLTextAreaElement>("[name=reason]")!;
    target.addEventListener("change", () => {
      reason.required = target.value !== "" && target.value !== this.form.dataset.advised;
      const chosen = target.selectedOptions[0];
      this.form.querySelector<HTMLElement>("[data-nameless]")!.hidden = chosen?.dataset.anonymous === undefined;
    });
    this.report.onSend(this.form, () => this.send());
  }

  private async send(): Promise<void> {
    const given = new FormData(this.form);
    const choice: Choice = {
      to: String(given.get("to")),
      consent: String(given.get("consent")),
      reason: String(given.get("reason")).trim(),
    };
    const status = this.form.querySelector<HTMLElement>("[data-status]")!;
    status.textContent = this.form.dataset.working!;
    status.hidden = false;
    try {
      await this.move(choice);
      location.assign(`/desk/${this.report.channel}/`);
    } catch (e) {
      // Somebody wrote meanwhile: show it; what was chosen here stays.
      if (e instanceof Refusal && e.key === "fault.hand_over_meanwhile") await this.report.load();
      throw e;
    } finally {
      status.hidden = true;
    }
  }

  private async move(choice: Choice): Promise<void> {
    for (let again = true; ; again = false) {
      const text = JSON.stringify(choice);
      const body = this.unanswered?.choice === text ? this.unanswered.body : await this.seal(choice);
      this.unanswered = { choice: text, body };
      try {
        await post(`${this.report.path}/hand-over`, body);
        return;
      } catch (e) {
        if (e instanceof Refusal) this.unanswered = undefined;
        // The other desk's key changed since: seal to the new one.
        if (!again || !(e instanceof Refusal) || e.key !== "fault.key_changed") throw e;
      }
    }
  }

  private async seal(choice: Choice): Promise<unknown> {
    const got = await post<Handable>(`${this.report.path}/hand-over/prepare`, { to: choice.to });
    const desk = got.key.recipient!;
    // Where nobody is answered the second recipient is nobody, as when the report was made.
    const reporter = got.reporter || (await seal.newIdentity()).recipient;
    const anew = async (sealed: string, epoch: number, to: string[]) =>
      seal.b64(await seal.seal(await this.report.unseal(sealed, epoch), to));
    const messages = [];
    for (const m of got.messages) messages.push(await anew(m.sealed, m.epoch, [desk, reporter]));
    return {
      to: choice.to,
      key: got.key.fingerprint,
      state: got.state,
      consent: choice.consent,
      reason: choice.reason ? await this.report.sealForDesk(choice.reason) : null,
      content: await anew(got.content, got.epoch, [desk, reporter]),
      messages,
      ...(got.identity_key
        ? { identity_key: await anew(got.identity_key, got.epoch, [desk]), identity: null }
        : await nobody(desk)),
    };
  }
}

/** nobody is who reported, where no name goes along: an empty identity under a key of its own. */
async function nobody(desk: string): Promise<{ identity_key: string; identity: string }> {
  const own = await seal.newIdentity();
  return {
    identity_key: seal.b64(await seal.seal(new TextEncoder().encode(own.identity), [desk])),
    identity: seal.b64(await seal.seal(seal.padJSON({ v: 1 }), [own.recipient])),
  };
}
