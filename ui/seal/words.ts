/** Languages that have a word list. */
export const listed = ["en", "nl", "ar"];

/**
 * The 2048 words of a language, in order. Fetched when first needed (6 kB), so
 * that no page carries lists that it doesn't show. Throws where there is no
 * list or it can't be fetched.
 */
export async function wordsOf(lang: string): Promise<string[]> {
  if (!listed.includes(lang)) throw new Error("no word list for this language");
  const answer = await fetch(`/static/words-${lang}.txt`);
  if (!answer.ok) throw new Error("the word list can't be fetched");
  return (await answer.text()).trim().split("\n");
}
