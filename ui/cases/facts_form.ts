// The form of facts about the case, a person or a plan: what is typed in any of
// its fields and not saved yet is kept as a draft, sealed to the case key.
import { Draft, type Text } from "./draft.js";
import { SealedCase } from "./sealed.js";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A field's name and value, and of a box whether it is ticked. */
type Filled = [name: string, value: string, ticked?: boolean];

const isBox = (f: Field): f is HTMLInputElement => f.type === "checkbox";

/** whole is a form as one text that a draft can keep: every field, and the versions over which it was typed. */
function whole(form: HTMLFormElement): Text {
  const fields = () => ([...form.elements] as Field[]).filter((f) => f.name);
  return {
    get value() {
      return JSON.stringify(fields().map((f): Filled => (isBox(f) ? [f.name, f.value, f.checked] : [f.name, f.value])));
    },
    set value(text: string) {
      for (const [name, value, ticked] of JSON.parse(text) as Filled[]) {
        const field = fields().find((f) => f.name === name && (!isBox(f) || f.value === value));
        if (field && isBox(field)) field.checked = ticked!;
        else if (field) field.value = value;
      }
      form.dispatchEvent(new Event("input")); // the rules beside it follow
    },
    addEventListener: form.addEventListener.bind(form),
  };
}

/** keepFacts puts back what was typed in the form and never saved, and keeps what is typed from now on. */
export async function keepFacts(form: HTMLFormElement): Promise<void> {
  const { case: path, epoch, recipient, keepFacts: state } = form.dataset;
  const draft = new Draft(whole(form), SealedCase.forDrafts(path!, Number(epoch), recipient!), `${location.pathname}#facts`);
  if (state === "saved") {
    draft.forget();
    history.replaceState(null, "", location.pathname + location.hash); // loaded again, the page has its next draft
  }
  if (state === "refused") {
    // The page has all that was typed, over what is kept now.
    await draft.listen();
    return draft.keep();
  }
  const box = form.querySelector<HTMLElement>("[data-draft]")!;
  box.querySelector("[data-drop]")!.addEventListener("click", () => {
    draft.forget();
    location.assign(location.pathname);
  });
  form.inert = true; // nothing is typed over what comes back
  try {
    await draft.follow(() => (box.hidden = false));
  } finally {
    form.inert = false;
  }
}
