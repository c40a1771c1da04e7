/* How many parameters there are, and whether the formula of a configuration agrees with counting the tensors. */
import type { Params } from "../../api/types";
import { bytes, count, digits, percent, signedPercent, whole } from "../../format";
import { Figure } from "../../parts/Figure";
import { Quoted } from "../../parts/Problem";
import { words } from "../../text";
import { whyOfParameters } from "./model";

const w = words({
  en: {
    title: "How many parameters", total: "total", active: "active for one token", configured: "bytes as configured", stored: "bytes as stored", bits: (format: string, n: string) => `${format}, ${n} bits a parameter`, buffers: "buffers beside them",
    mtp: "prediction layers (MTP) beside them", tied: "tied embeddings", tied_line: "the output head is the embedding and counts once", dtype: (d: string) => `in ${d}`,
    sparsity: (p: string) => `${p} of them rest`, all: "all of them: the model is dense",
    enumerated: "tensors counted one by one", formula: "formula of the configuration", agree: (p: string) => `The formula is ${p} off the enumeration.`,
    none: "There is no formula for this kind of model; the tensors are counted.",
    unavailable: "The tensors of this model are not described, so a rule of thumb stands for the total.", incomplete: (p: string) => `Not described, and not in the total: ${p}.`,
  },
  zh: {
    title: "参数量", total: "总参数", active: "每个 token 的激活参数", configured: "按配置的字节数", stored: "检查点的字节数", bits: (format: string, n: string) => `${format}，每参数 ${n} 位`, buffers: "另有缓冲区",
    mtp: "另有预测层（MTP）", tied: "词嵌入共享", tied_line: "输出头即词嵌入，只计一次", dtype: (d: string) => `${d}`,
    sparsity: (p: string) => `其中 ${p} 不参与计算`, all: "全部参与：这是稠密模型",
    enumerated: "逐个张量计数", formula: "按配置的公式估算", agree: (p: string) => `公式与逐一计数相差 ${p}。`,
    none: "此类模型没有对应的公式，以逐一计数为准。",
    unavailable: "此模型的张量没有描述，总数由经验公式给出。", incomplete: (p: string) => `没有描述、因而未计入总数的部分：${p}。`,
  },
});

function Against({ params }: { params: Params }) {
  const warning = params.warnings.find((one) => one.code === "formula_difference");
  if (!params.enumeration_available) {
    const reason = (params.resolution ?? []).filter((step) => step.found).map((step) => step.reason).join(" ");
    return <p class="aside-note alarm-line" role="note">{w().unavailable} {reason}</p>;
  }
  if (params.formula_total_parameters === null) return <p class="muted">{w().none}</p>;
  const most = Math.max(params.total_parameters, params.formula_total_parameters);
  const rows = [
    { name: w().enumerated, value: params.total_parameters, tone: "c-weights" },
    { name: w().formula, value: params.formula_total_parameters, tone: "c-other" },
  ];
  return (
    <div class="against" data-part="formula-difference">
      {rows.map((row) => (
        <div key={row.name} class="against-row">
          <span>{row.name}</span>
          <svg width="100%" height="12" aria-hidden="true"><rect class={row.tone} width={`${(100 * row.value) / most}%`} height="12" /></svg>
          <span class="mono">{count(row.value)}</span>
        </div>
      ))}
      {warning ? (
        <p class="aside-note alarm-line" role="note">
          <Quoted text={warning.message} />
        </p>
      ) : <p class="muted">{w().agree(signedPercent(params.formula_difference))}</p>}
    </div>
  );
}

/* As the file holds them, format by format, where it is quantised; else in the dtype of the configuration. */
function Bytes({ params }: { params: Params }) {
  const { stored } = params;
  if (!stored) return <div data-figure="parameter_bytes"><dt>{w().configured}</dt><dd><span class="figure strong">{bytes(params.parameter_bytes)}</span><small>{w().dtype(params.dtype)}</small></dd></div>;
  return (
    <div data-figure="stored_bytes" data-value={stored.bytes}><dt>{w().stored}</dt>
      <dd>
        <span class="figure strong">{bytes(stored.bytes)}</span><small>{w().bits(stored.format, digits(stored.bits_per_weight))}</small>
        {stored.parts.map((part) => <small key={part.format} class="mono whole-line">{part.format} {count(part.parameters)} · {bytes(part.bytes)}</small>)}
      </dd>
    </div>
  );
}

export function Totals({ params }: { params: Params }) {
  const dense = params.active_parameters === params.total_parameters;
  const quantity = (name: string, title: string, value: number) => (
    <Figure strong why={params.enumeration_available ? whyOfParameters(name, title, value) : undefined}>{count(value)}</Figure>
  );
  return (
    <section data-section="totals">
      <h2>{w().title}</h2>
      <dl class="totals">
        <div data-figure="total_parameters"><dt>{w().total}</dt><dd>{quantity("total_parameters", w().total, params.total_parameters)}<small class="mono">{whole(params.total_parameters)}</small></dd></div>
        <div data-figure="active_parameters"><dt>{w().active}</dt><dd>{quantity("active_parameters", w().active, params.active_parameters)}<small>{dense ? w().all : w().sparsity(percent(params.sparsity))}</small></dd></div>
        <Bytes params={params} />
        {params.buffer_elements > 0 && <div><dt>{w().buffers}</dt><dd>{quantity("buffer_elements", w().buffers, params.buffer_elements)}</dd></div>}
        {params.mtp_parameters > 0 && <div><dt>{w().mtp}</dt><dd>{quantity("mtp_parameters", w().mtp, params.mtp_parameters)}</dd></div>}
        {params.tied_embeddings && <div><dt>{w().tied}</dt><dd><small>{w().tied_line}</small></dd></div>}
      </dl>
      {params.undescribed_parts.length > 0 && <p class="aside-note alarm-line" role="note">{w().incomplete(params.undescribed_parts.join(", "))}</p>}
      <Against params={params} />
    </section>
  );
}
