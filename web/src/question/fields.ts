/* Fields of a configuration in the order in which people think of them. */
import type { Field } from "../api/types";

export type FieldGroup = "size" | "attention" | "ffn" | "moe" | "vocabulary" | "vision" | "audio" | "other";

const KINDS: readonly (readonly [FieldGroup, RegExp])[] = [
  ["vision", /^(vision|visual|vit|image)|\.(vision|visual)_/],
  ["audio", /^(audio|speech|whisper)/],
  ["moe", /expert|moe|router|first_k_dense|topk|top_k|n_group|decoder_sparse/],
  ["attention", /head|attn|attention|rope|rotary|sliding|window|kv_|q_lora|qk_|v_dim|layer_types|mamba|ssm|conv|state_size/],
  ["ffn", /intermediate|ffn|feed_forward|mlp|inner|hidden_act|d_ff/],
  ["vocabulary", /vocab|tie_word|position|type_vocab/],
  ["size", /hidden_size|layers|n_layer|d_model|n_embd|width|depth|embedding_size|hidden_sizes|hidden_dim/],
];

export const FIELD_GROUPS: readonly FieldGroup[] = ["size", "attention", "ffn", "moe", "vocabulary", "vision", "audio", "other"];

function groupOf(key: string): FieldGroup {
  return KINDS.find(([, pattern]) => pattern.test(key))?.[0] ?? "other";
}

/* What stands at the top of a configuration is taken where the part has none of its own. */
function fromTop(field: Field, given: ReadonlySet<string>): boolean {
  return field.origin === "default" && field.key.startsWith("text_config.") && given.has(field.key.slice("text_config.".length));
}

/* One field a key; what cannot be a dimension (class names) is left out. */
export function grouped(fields: readonly Field[]): Map<FieldGroup, Field[]> {
  const groups = new Map<FieldGroup, Field[]>();
  const seen = new Set<string>();
  const given = new Set(fields.filter((field) => field.origin !== "default").map((field) => field.key));
  for (const field of fields) {
    if (seen.has(field.key) || field.key.endsWith("architectures") || fromTop(field, given)) continue;
    seen.add(field.key);
    const kind = groupOf(field.key);
    groups.set(kind, [...(groups.get(kind) ?? []), field]);
  }
  return groups;
}

/* A part's name is said by its group's heading. */
export function shortKey(key: string): string {
  return key.replace(/^(vision_config|visual|vision|audio_config|text_config)\./, "");
}

/* Arrow keys change a dimension by what it is usually a multiple of. */
export function stepOf(value: number): number {
  if (!Number.isInteger(value)) return 0.1;
  if (value < 256) return 1;
  return 2 ** Math.min(8, Math.floor(Math.log2(value)) - 5);
}
