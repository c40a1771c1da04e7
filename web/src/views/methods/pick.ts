/* Which rule of thumb is looked at: "QUESTION METHOD", of training "train MODE METHOD". */
import { extras } from "../../state/question";
import type { Deviation, Fn, Method } from "./types";

export function keyOfRule(rule: Deviation): string {
  return rule.mode ? `${rule.question} ${rule.mode} ${rule.method}` : `${rule.question} ${rule.method}`;
}

export function chooseRule(rule: Deviation): void {
  extras.value = { ...extras.value, rule: keyOfRule(rule) };
  /* Where the account stands below the list, it is brought into sight. */
  if (window.matchMedia("(max-width: 1199px)").matches)
    requestAnimationFrame(() => document.getElementById("about-rule")?.scrollIntoView({ block: "start" }));
}

/* The mode of training whose rules are shown. */
export function shownMode(): string {
  const [question, mode, method] = (extras.value.rule ?? "").split(" ");
  return (question === "train" && method && mode) || (extras.value.train ?? "full");
}

export function showMode(mode: string): void {
  const [question, , method] = (extras.value.rule ?? "").split(" ");
  extras.value = { ...extras.value, train: mode, ...(question === "train" && method && { rule: `train ${mode} ${method}` }) };
}

/* The one asked for, else the one that is furthest off among those that count parameters. */
export function chosenRule(rules: readonly Deviation[]): Deviation | undefined {
  const asked = rules.find((rule) => keyOfRule(rule) === extras.value.rule);
  return asked ?? rules.find((rule) => rule.question === "parameters" && rule.method === "config") ?? rules[0];
}

export function functionOf(methods: readonly Method[], rule: Pick<Deviation, "method" | "function">): { method: Method; fn: Fn } | undefined {
  const method = methods.find((one) => one.name === rule.method);
  const fn = method?.functions.find((one) => one.name === rule.function);
  return method && fn && { method, fn };
}
