/* A number with its unit: a button that opens its why. */
import type { ComponentChildren } from "preact";
import { basis as basisWords } from "../text/terms";
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
  why?: WhyRequest | undefined;
  basis?: string | undefined;
  strong?: boolean;
  children: ComponentChildren; /* the number as text, with its unit */
}

export function Figure({ why, basis, strong, children }: Props) {
  const inside = (
    <>
      {children}
      <BasisMark basis={basis} />
    </>
  );
  if (!why) return <span class={`figure ${strong ? "strong" : ""}`}>{inside}</span>;
  return (
    <button type="button" class={`figure ${strong ? "strong" : ""}`} onClick={() => openWhy(why)}>
      {inside}
    </button>
  );
}
