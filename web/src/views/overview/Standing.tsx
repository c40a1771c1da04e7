/* What the answer rests on: where the model was found, what was assumed, what is not modelled. */
import type { Field, Fit, Step } from "../../api/types";
import { seconds } from "../../format";
import { Remark } from "../../parts/Remark";
import { words } from "../../text";

const w = words({
  en: {
    title: "What the answer rests on", found: "Model", comma: ", ", assumed: "Assumed", defaults: "Class defaults", set: "Yours", not: "Not modelled", warnings: "To know",
    steps: { registry: "registry", catalogue: "catalogue", rebuilt: "read as a decoder", formula: "rule of thumb", uploaded: "sent", file: "file" } as Record<string, string>,
    in: (where: string, time: string) => `found in the ${where} in ${time}`, tried: (where: string, why: string) => `${where}: ${why}`,
    like: (name: string) => `shaped like ${name}`, incomplete: "Parts of the model are not described; their weight is missing.",
  },
  zh: {
    title: "答案的依据", found: "模型", comma: "，", assumed: "假定", defaults: "类默认值", set: "您的修改", not: "未建模", warnings: "须知",
    steps: { registry: "登记库", catalogue: "内置目录", rebuilt: "按解码器解读", formula: "经验公式", uploaded: "已发送的配置", file: "文件" } as Record<string, string>,
    in: (where: string, time: string) => `取自${where}，用时 ${time}`, tried: (where: string, why: string) => `${where}：${why}`,
    like: (name: string) => `形状仿照 ${name}`, incomplete: "模型有未描述的部分，其重量未计入。",
  },
});

function timeOf(step: Step): string {
  return step.seconds < 0.001 ? "< 1\u00a0ms" : seconds(step.seconds);
}

function Found({ fit }: { fit: Fit }) {
  const found = fit.resolution?.find((step) => step.found);
  const missed = fit.resolution?.filter((step) => !step.found) ?? [];
  return (
    <>
      <dt>{w().found}</dt>
      <dd>
        <span class="mono">{fit.model}</span>
        {found && <>{w().comma}<span title={found.reason}>{w().in(w().steps[found.step] ?? found.step, timeOf(found))}</span></>}
        {fit.representative && <>{w().comma}{w().like(fit.representative.like)}</>}
        {missed.map((step) => <p key={step.step} class="note">{w().tried(w().steps[step.step] ?? step.step, step.reason)}</p>)}
      </dd>
    </>
  );
}

function valueOf({ value }: Field): string {
  const text = value === null ? "null" : String(value);
  return text.length > 40 ? "[…]" : text;
}

function Fields({ name, fields }: { name: string; fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd class="field-list">
        {fields.map((field) => <span key={field.key} class="mono" title={String(field.value)}>{field.key}&nbsp;=&nbsp;{valueOf(field)}</span>)}
      </dd>
    </>
  );
}

export function Standing({ fit }: { fit: Fit }) {
  const of = (origin: string) => (fit.fields ?? []).filter((field) => field.origin === origin);
  const not = fit.undescribed_parts ?? [];
  return (
    <section data-part="standing">
      <h2>{w().title}</h2>
      <dl class="standing">
        <Found fit={fit} />
        {fit.warnings.length > 0 && (<><dt>{w().warnings}</dt><dd>{fit.warnings.map((one, i) => <p key={i} data-warning={one.code}><Remark said={one} /></p>)}</dd></>)}
        <Fields name={w().set} fields={of("set")} />
        <Fields name={w().assumed} fields={of("assumed")} />
        <Fields name={w().defaults} fields={of("default")} />
        {(not.length > 0 || fit.complete === false) && (<><dt>{w().not}</dt><dd><p class="alarm">{w().incomplete}</p>{not.map((part) => <span key={part} class="mono">{part} </span>)}</dd></>)}
      </dl>
    </section>
  );
}
