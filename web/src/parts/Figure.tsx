/* A number with its unit: a button that opens its why. */
import type { ComponentChildren } from "preact";
import { basis as basisWords } from "../text/terms";
import type { Num } from "../format";
import { openWhy, type WhyRequest } from "./why";

export function BasisMark({ basis }: { basis: string | undefined }) {
  const known = basis ? basisWords()[basis] : undefined;
  if (!known) return null;
  return (
    <span class="basis" title={`${known.word}: ${known.line}`}>
      <span aria-hidden="true">{known.mark}</span>
      <span class="unseen"> ({known.word})</span>
    </span>
  );
}

interface Props {
  name?: string | undefined; /* which figure of the API it is, and its exact value: for tests and for who reads pages by program */
  exact?: Num | null | undefined;
  why?: WhyRequest | undefined;
  basis?: string | undefined;
  strong?: boolean;
  children: ComponentChildren; /* the number as text, with its unit */
}

export function Figure({ name, exact, why, basis, strong, children }: Props) {
  const marks = { "data-figure": name, "data-value": exact?.toString() };
  const inside = (
    <>
      {children}
      <BasisMark basis={basis} />
    </>
  );
  if (!why) return <span class={`figure ${strong ? "strong" : ""}`} {...marks}>{inside}</span>;
  return (
    <button type="button" class={`figure ${strong ? "strong" : ""}`} {...marks} onClick={() => openWhy(why)}>
      {inside}
    </button>
  );
}
