/* A configuration of one's own: sent to the server, which then knows it by an id. */
import { signal } from "@preact/signals";
import { forgetAnswers, get, upload, type Problem, type Sent } from "../api/client";
import { change, option } from "../state/question";
import { busyUntil } from "../state/settled";

/* What was wrong with the last one; its name. */
export const sendProblem = signal<{ name: string; problem: Problem } | null>(null);
/* Ids of configurations that were sent, and what they are called. */
export const sentNames = signal<Readonly<Record<string, string>>>({});

export function isSent(model: string): boolean {
  return model.startsWith("sha256-");
}

const KEY = (id: string): string => `sent ${id}`;

/* So that a reload finds it although the server was started anew. */
function keep(id: string, text: string): void {
  try {
    sessionStorage.setItem(KEY(id), text);
  } catch {
    /* full: it is only a convenience */
  }
}

function called(text: string, file: string): string {
  const name = /"(?:_name_or_path|name)"\s*:\s*"([^"]{1,120})"/.exec(text)?.[1];
  return name || file;
}

export async function send(text: string, file: string): Promise<void> {
  const name = called(text, file);
  const reply = await upload(text, { name });
  if (!reply.ok) {
    sendProblem.value = { name, problem: reply.problem };
    return;
  }
  sendProblem.value = null;
  keep(reply.data.id, text);
  sentNames.value = { ...sentNames.value, [reply.data.id]: name };
  change({ model: reply.data.id, set: null });
}

export async function sendFile(file: File | undefined): Promise<void> {
  if (file) await busyUntil(file.text().then((text) => send(text, file.name)));
}

/* A link to a sent configuration: its name, or sent once more where the server has forgotten it and this page has not. */
export async function recall(id: string): Promise<void> {
  if (!isSent(id) || sentNames.value[id] !== undefined) return;
  const reply = await get<Sent>(`models/${id}`);
  const text = sessionStorage.getItem(KEY(id));
  if (reply.ok) sentNames.value = { ...sentNames.value, [id]: reply.data.name ?? id };
  else if (text && option("model") === id) {
    forgetAnswers();
    change({ model: "" });
    await send(text, "config.json");
  }
}

/* Keeps what was sent in the registry, under a name. */
export async function keepInRegistry(id: string, as: string): Promise<Problem | "no registry" | null> {
  const shown = await get<{ config?: unknown }>(`models/${id}`);
  if (!shown.ok) return shown.problem;
  const text = sessionStorage.getItem(KEY(id)) ?? JSON.stringify(shown.data.config);
  const reply = await upload(text, { id: as });
  if (!reply.ok) return reply.problem;
  if (reply.data.source !== "registry") return "no registry";
  change({ model: reply.data.id });
  return null;
}
