/* What the drawer shows: a derivation that the API tells, or the facts that an answer carries about one of its figures. */
import { signal } from "@preact/signals";
import type { Body } from "../api/client";

export interface Fact {
  name: string;
  value: string;
  from?: string;
}

export interface WhyRequest {
  title: string;
  value: string; /* as it stands where it was asked */
  ask?: { command: string; body: Body }; /* a question whose answer is a derivation */
  facts?: readonly Fact[];
  basis?: string | undefined;
  low?: number | undefined;
  high?: number | undefined;
  source?: string | undefined;
}

export const why = signal<WhyRequest | null>(null);
let opener: HTMLElement | null = null;

export function openWhy(request: WhyRequest): void {
  if (!why.value) opener = document.activeElement as HTMLElement | null;
  why.value = request.ask ? { ...request, ask: { ...request.ask } } : request;
}

export function closeWhy(): void {
  why.value = null;
  opener?.focus();
  opener = null;
}
