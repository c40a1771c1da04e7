/* The page's own words. Each part keeps its words in both languages in one place; what the API tells comes in the language that
 * is asked for. */
import { signal } from "@preact/signals";

export type Language = "en" | "zh";

function preferred(): Language {
  const kept = localStorage.getItem("language");
  if (kept === "en" || kept === "zh") return kept;
  return /^zh/i.test(navigator.languages.find((tag) => /^(en|zh)/i.test(tag)) ?? "") ? "zh" : "en";
}

export const language = signal<Language>(preferred());

export function setLanguage(to: Language): void {
  language.value = to;
  localStorage.setItem("language", to);
}

/* Words of the language of the moment; reading them in a component follows the switch. */
export function words<T>(both: { en: T; zh: NoInfer<T> }): () => T {
  return () => both[language.value];
}

/* Names of papers and programs are English in a Chinese page too; what has Chinese in it is read as such. */
export function langOf(text: string): "en" | undefined {
  return /\p{Script=Han}/u.test(text) ? undefined : "en";
}

/* What the API tells in both languages. */
export function told(text: { en: string; zh: string }): string {
  return text[language.value];
}
