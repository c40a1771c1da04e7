/* Questions to /api/v1. One command, one body, one answer; answers are kept, since the same question has the same answer. */
import { busyUntil } from "../state/settled";
import { language } from "../text";

/* application/problem+json; `field` names the option at fault where it is known. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  field?: string;
  exit?: number;
}

export type Value = string | number | boolean | string[] | Record<string, unknown>;
export type Body = Record<string, Value>;
export type Reply<T> = { ok: true; data: T } | { ok: false; problem: Problem };

const KEPT = 300;
const kept = new Map<string, Promise<Reply<unknown>>>();

/* Integers beyond 2^53 stay exact: they become bigint. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

const LONG = /\d{16}/;

/* A reviver is called for every value: only texts that hold a long integer take that way. */
export function parse(text: string): unknown {
  return LONG.test(text) ? JSON.parse(text, exact as (key: string, value: unknown) => unknown) : JSON.parse(text);
}

async function read<T>(response: Response): Promise<Reply<T>> {
  const data = parse(await response.text());
  if (response.ok) return { ok: true, data: data as T };
  return { ok: false, problem: data as Problem };
}

export function unreachable(reason: unknown): Problem {
  return { status: 0, code: "unreachable", detail: reason instanceof Error ? reason.message : String(reason) };
}

async function request<T>(path: string, init: RequestInit): Promise<Reply<T>> {
  try {
    const headers = { ...init.headers, "Accept-Language": language.value };
    return await read<T>(await fetch(`/api/v1/${path}`, { ...init, headers }));
  } catch (reason) {
    return { ok: false, problem: unreachable(reason) };
  }
}

function send<T>(path: string, init: RequestInit): Promise<Reply<T>> {
  return busyUntil(request<T>(path, init));
}

/* What distinguishes one question from another. */
export function keyOf(command: string, body: Body): string {
  return `${language.value} ${command} ${JSON.stringify(body)}`;
}

export function ask<T>(command: string, body: Body): Promise<Reply<T>> {
  const key = keyOf(command, body);
  const known = kept.get(key);
  if (known) return known as Promise<Reply<T>>;
  const reply = send<T>(command, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  kept.set(key, reply);
  if (kept.size > KEPT) for (const oldest of [...kept.keys()].slice(0, KEPT / 3)) kept.delete(oldest);
  void reply.then((r) => {
    if (!r.ok && (r.problem.status === 0 || r.problem.status >= 500)) kept.delete(key); /* ask again another time */
  });
  return reply;
}

export function get<T>(path: string): Promise<Reply<T>> {
  return send<T>(path, { method: "GET" });
}

/* Another format of the same answer, as the command line writes it: markdown, csv, json. */
export async function askText(command: string, body: Body, format: string): Promise<string> {
  const response = await fetch(`/api/v1/${command}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language.value },
    body: JSON.stringify({ ...body, format }),
  });
  return response.text();
}

export interface Sent {
  id: string;
  name?: string;
  source: string; /* "sent": for the time that the server runs; "registry": for good */
}

/* Sends a config.json; the answer's id is then a model's name. `name` is a label; `id`, ORG/MODEL, keeps it in the registry. */
export function upload(text: string, as: { name?: string; id?: string } = {}): Promise<Reply<Sent>> {
  const query = new URLSearchParams(as).toString();
  return send(query ? `models?${query}` : "models", { method: "POST", headers: { "Content-Type": "application/json" }, body: text });
}

export function forgetAnswers(): void {
  kept.clear();
}
