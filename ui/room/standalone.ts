// A page of this site as one file that works from a disk, without network and
// account: with its style and script inside, and a policy that lets it load and
// send nothing.
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** A source as a content policy names what may run. */
export const hashOf = (text: string): string => `'sha256-${btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))}'`;

/** What an address of this site gives. */
export async function blob(path: string): Promise<Blob> {
  const r = await fetch(path, { cache: "no-store" });
  if (!r.ok) throw new Error(`${path} answered ${r.status}`);
  return r.blob();
}

/** Text from an address of this site. */
export const text = async (path: string): Promise<string> => (await blob(path)).text();

/** Takes a page along; script is the address of the one it keeps. */
export async function standalone(path: string, script?: string): Promise<string> {
  const page = new DOMParser().parseFromString(await text(path), "text/html");
  const style = await text("/static/site.css");
  const code = script ? (await text(script)).trim() : "";
  if (/<\/script/i.test(code)) throw new Error("the script can't stand in a page");
  for (const e of page.querySelectorAll("script, link, body > header, body > footer, .skip, [data-online]")) e.remove();
  // The key of this site's log would come by the same hand as what it is to prove.
  for (const e of page.querySelectorAll<HTMLElement>("[data-house]")) e.dataset.house = "";
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${code ? hashOf(code) : "'none'"}; base-uri 'none'; form-action 'none'`;
  const add = (to: HTMLElement, tag: string, inside: string, attributes: Record<string, string> = {}) => {
    const e = page.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    e.textContent = inside;
    to.append(e);
    return e;
  };
  page.querySelector("meta[charset]")!.after(add(page.head, "meta", "", { "http-equiv": "Content-Security-Policy", content: policy }));
  add(page.head, "style", style);
  if (code) add(page.body, "script", code, { type: "module" });
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}
