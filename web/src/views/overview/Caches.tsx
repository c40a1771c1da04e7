/* The caches of the fullest device, one row a kind. */
import type { Cache } from "../../api/serving";
import type { Fit } from "../../api/types";
import { bytes, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import { worstDevice } from "../../parts/load";
import { whyOfQuantity } from "../../state/whys";
import { words } from "../../text";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "Caches", kind: "cache", layers: "layers", dtype: "dtype", window: (n: string) => `window of ${n}`, token: "a token", sequence: "a sequence", all: "all",
    growth: (b: string) => `One more token of a sequence takes ${b} on the fullest device.`, full: "all tokens", fixed: "fixed",
    names: { kv: "keys and values", kv_swa: "keys and values", cross: "cross-attention", indexer: "indexer", conv: "convolution",
      delta: "delta rule", ssm: "state space" } as Record<string, string>,
  },
  zh: {
    title: "缓存", kind: "缓存", layers: "层数", dtype: "精度", window: (n: string) => `窗口 ${n}`, token: "每个 token", sequence: "每个序列", all: "合计",
    growth: (b: string) => `序列每增加一个 token，最满设备多占 ${b}。`, full: "全部 token", fixed: "固定",
    names: { kv: "键与值", kv_swa: "键与值", cross: "交叉注意力", indexer: "索引器", conv: "卷积状态", delta: "delta 规则", ssm: "状态空间" } as Record<string, string>,
  },
});

const STATES = new Set(["conv", "delta", "ssm"]);

function Row({ cache, component }: { cache: Cache; component: string }) {
  const perToken = cache.bytes_per_token ? bytes(cache.bytes_per_token) : <span class="muted">{w().fixed}</span>;
  return (
    <tr data-cache={cache.name}>
      <th scope="row" title={cache.name}>
        {w().names[cache.name] ?? cache.name.replace(/_/g, " ")}
        {!STATES.has(cache.name) && <span class="under">{cache.window ? w().window(whole(cache.window)) : w().full}</span>}
      </th>
      <td class="number" data-label={w().layers}>{cache.layers !== undefined && whole(cache.layers)}</td>
      <td class="mono" data-label={w().dtype}>{cache.dtype}</td>
      <td class="number" data-label={w().token}>{perToken}</td>
      <td class="number" data-label={w().sequence}>{cache.bytes_per_sequence !== undefined && bytes(cache.bytes_per_sequence)}</td>
      <td class="number" data-label={w().all}><Figure why={whyOfQuantity("fit", component, bytes(cache.bytes))}>{bytes(cache.bytes)}</Figure></td>
    </tr>
  );
}

export function Caches({ fit }: { fit: Fit }) {
  const caches = fit.caches ?? [];
  if (caches.length === 0) return null;
  const known = new Set(worstDevice(fit)?.components.map((part) => part.name));
  const componentOf = (cache: Cache) => (cache.bytes_per_token === 0 && !cache.window && known.has("state") ? "state" : "kv_cache");
  return (
    <section data-part="caches">
      <h2>{w().title}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows caches reflow">
          <thead>
            <tr><th scope="col">{w().kind}</th><th scope="col" class="number">{w().layers}</th><th scope="col">{w().dtype}</th>
              <th scope="col" class="number">{w().token}</th><th scope="col" class="number">{w().sequence}</th><th scope="col" class="number">{w().all}</th></tr>
          </thead>
          <tbody>{caches.map((cache) => <Row key={cache.name} cache={cache} component={componentOf(cache)} />)}</tbody>
        </table>
      </div>
      {fit.kv_bytes_per_token > 0 && <p class="note">{w().growth(bytes(fit.kv_bytes_per_token))}</p>}
    </section>
  );
}
