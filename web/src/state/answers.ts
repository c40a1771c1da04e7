/* Answers that several parts show: asked once, by the shell, and handed down. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Answer } from "../api/answer";
import type { Fit } from "../api/types";

export const FitAnswer = createContext<Answer<Fit>>({ data: null, problem: null, pending: true });

/* The serving question as it stands: what it weighs, how far it goes, what to change. */
export function useFit(): Answer<Fit> {
  return useContext(FitAnswer);
}

/* The problem with one option, to be told at its control. */
export function useProblemOf(name: string): string | undefined {
  const { problem } = useContext(FitAnswer);
  return problem && problem.field === name ? problem.detail : undefined;
}
