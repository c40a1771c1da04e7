/* A pinned question: A of a comparison, while the question at the left is B. It stays in the link. */
import { read, write } from "./link";
import { extras, options, type Options } from "./question";

const NAME = "pin";

export function pinned(): Options | null {
  const kept = extras.value[NAME];
  return kept ? (read(`#${kept}`)?.options ?? null) : null;
}

function asText(question: Options): string {
  return write({ options: question, view: "overview", extras: {} }).slice(1);
}

export function pin(question: Options = options.value): void {
  extras.value = { ...extras.value, [NAME]: asText(question) };
}

export function unpin(): void {
  const { [NAME]: _old, ...others } = extras.value;
  extras.value = others;
}

/* What was asked becomes pinned, what was pinned is asked. */
export function swap(): void {
  const a = pinned();
  if (!a) return;
  pin(options.value);
  options.value = a;
}

export function isPinned(): boolean {
  return extras.value[NAME] === asText(options.value);
}

export function togglePin(): void {
  if (isPinned()) unpin();
  else pin();
}
