/* What the engine itself would print of its pool, and what the machine costs. */
import type { Pool as Figures } from "../../api/serving";
import type { Fit } from "../../api/types";
import { bytes, digits, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import { change } from "../../state/question";
import { whyOfQuantity } from "../../state/whys";
import { words } from "../../text";

const w = words({
  en: {
    title: (engine: string) => `As ${engine} counts`, logs: "It logs", source: "source", price: "Price", hour: (n: number) => `an hour for ${n === 1 ? "one card" : `${n} cards`}`, from: (who: string, date: string) => `${who}, ${date}`,
    fewest: "Fewest cards of this kind", use: "use them", none: "none that is known", machine: "Machine", no_price: "No dated price of this card is known.", choose: "Choose a card to see its price.",
    names: {
      requested_bytes: "may use of the card", kv_cache_bytes: "left for the cache", kv_pool_bytes: "pool", num_gpu_blocks: "blocks", block_size: "tokens a block", page_bytes: "a page", token_bytes: "a token",
      blocks_per_request: "blocks a request", fixed_bytes_per_request: "fixed a request", kv_cache_tokens: "tokens that fit", max_concurrency: "requests at once", mem_fraction_static: "static share", max_total_num_tokens: "max_total_num_tokens",
      state_slots: "state slots", state_pool_bytes: "pool of states", releases: "releases",
    } as Record<string, string>,
  },
  zh: {
    title: (engine: string) => `${engine} 自己的计数`, logs: "日志会写", source: "出处", price: "价格", hour: (n: number) => `每小时（${n} 张卡）`, from: (who: string, date: string) => `${who}，${date}`, fewest: "该型号最少卡数", use: "采用",
    none: "未知", machine: "机器", no_price: "没有该卡带日期的价格。", choose: "选择显卡即可查看价格。",
    names: {
      requested_bytes: "可使用的显存", kv_cache_bytes: "留给缓存", kv_pool_bytes: "缓存池", num_gpu_blocks: "块数", block_size: "每块 token 数", page_bytes: "每页", token_bytes: "每 token", blocks_per_request: "每请求块数",
      fixed_bytes_per_request: "每请求固定占用", kv_cache_tokens: "可容纳的 token", max_concurrency: "同时请求数", mem_fraction_static: "静态比例", max_total_num_tokens: "max_total_num_tokens", state_slots: "状态槽位", state_pool_bytes: "状态池",
      releases: "适用版本",
    } as Record<string, string>,
  },
});

const ORDER = ["requested_bytes", "mem_fraction_static", "kv_cache_bytes", "kv_pool_bytes", "token_bytes", "page_bytes", "block_size", "num_gpu_blocks", "kv_cache_tokens", "blocks_per_request",
  "fixed_bytes_per_request", "max_concurrency", "state_slots", "state_pool_bytes", "releases"] as const;

function shown(name: string, value: number | string): string {
  if (typeof value === "string") return value;
  if (name.endsWith("_bytes")) return bytes(value);
  return Number.isInteger(value) ? whole(value) : digits(value);
}

/* In the words of vLLM's own log (v1/core/kv_cache_utils.py). */
function vllmLines(pool: Figures, fit: Fit): string[] {
  const lines: string[] = [];
  if (typeof pool.kv_cache_bytes === "number") lines.push(`Available KV cache memory: ${(pool.kv_cache_bytes / 2 ** 30).toFixed(2)} GiB`);
  if (typeof pool.kv_cache_tokens === "number") lines.push(`GPU KV cache size: ${whole(pool.kv_cache_tokens)} tokens`);
  if (typeof pool.max_concurrency === "number") lines.push(`Maximum concurrency for ${whole(fit.context)} tokens per request: ${pool.max_concurrency.toFixed(2)}x`);
  return lines;
}

const NAMES: Readonly<Record<string, string>> = { vllm: "vLLM", sglang: "SGLang", tensorrt_llm: "TensorRT-LLM" };
const EXPLAINED: Readonly<Record<string, string>> = { kv_cache_bytes: "pool", kv_pool_bytes: "pool", requested_bytes: "budget" };

export function Pool({ fit }: { fit: Fit }) {
  const pool = fit.vllm ?? fit.sglang ?? fit.tensorrt_llm;
  if (!pool) return null;
  const lines = fit.vllm ? vllmLines(pool, fit) : [];
  return (
    <section data-part="pool">
      <h2>{w().title(NAMES[fit.engine.replace(/_\d.*$/, "")] ?? fit.engine)}</h2>
      {lines.length > 0 && <pre class="log" tabIndex={0} aria-label={w().logs}>{lines.join("\n")}</pre>}
      <dl class="pairs">
        {ORDER.map((name) => {
          const value = pool[name];
          if (value === undefined || value === null || value === 0) return null;
          const asked = EXPLAINED[name];
          const facts = { title: w().names[name] ?? name, value: shown(name, value), source: typeof pool.source === "string" ? pool.source : undefined };
          return (
            <div key={name} data-figure={name}>
              <dt title={name}>{w().names[name] ?? name}</dt>
              <dd><Figure why={asked ? { ...whyOfQuantity("fit", asked, shown(name, value)), ...facts } : facts}>{shown(name, value)}</Figure></dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

export function Cost({ fit }: { fit: Fit }) {
  const price = fit.price;
  return (
    <section data-part="cost">
      <h2>{w().machine}</h2>
      <dl class="pairs">
        {fit.fewest_gpus !== undefined && fit.gpu && (
          <div>
            <dt>{w().fewest}</dt>
            <dd><span class="mono">{fit.fewest_gpus || w().none}</span>{fit.fewest_gpus > 0 && fit.fewest_gpus !== fit.gpus && (
              <>{" "}<button type="button" class="link" onClick={() => change({ gpus: String(fit.fewest_gpus), tp: null, pp: null })}>{w().use}</button></>
            )}</dd>
          </div>
        )}
        <div>
          <dt>{w().price}</dt>
          <dd>
            {price ? (
              <>
                <Figure why={{ title: w().price, value: `$${price.usd_per_hour.toFixed(2)}`, source: price.source, facts: [{ name: price.provider, value: price.instance ?? "", from: price.as_of }] }}>${price.usd_per_hour.toFixed(2)}</Figure>{" "}
                {w().hour(price.gpus)} <span class="under">{w().from([price.provider, price.instance].filter(Boolean).join(" "), price.as_of)}</span>
              </>
            ) : <span class="muted">{fit.gpu ? w().no_price : w().choose}</span>}
          </dd>
        </div>
      </dl>
    </section>
  );
}
