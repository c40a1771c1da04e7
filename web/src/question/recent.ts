/* The models that were looked at last, on this machine alone. */
const KEY = "recent-models";
const MOST = 6;

function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function recentModels(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isText) : [];
  } catch {
    return [];
  }
}

export function rememberModel(id: string): void {
  if (!id || id.startsWith("sha256-")) return; /* the server forgets those */
  localStorage.setItem(KEY, JSON.stringify([id, ...recentModels().filter((one) => one !== id)].slice(0, MOST)));
}
