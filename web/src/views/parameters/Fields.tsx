/* Which fields of the configuration were read, which were taken for granted, and which nothing reads. */
import type { Params } from "../../api/types";
import { Name } from "../../parts/Name";
import { words } from "../../text";
import { reachable } from "../../parts/reachable";

const w = words({
  en: {
    title: "What was read from the configuration", field: "field", value: "value", from: "where from", unused: "In the file, but read by nothing:",
    all_used: "Every field that could matter was read.",
    origins: { field: "configuration", alias: "configuration, other name", set: "your input", assumed: "assumed", default: "default of the class" } as Record<string, string>,
  },
  zh: {
    title: "从配置中读取的内容", field: "字段", value: "数值", from: "来源", unused: "文件中有、但没有被读取：",
    all_used: "凡可能有影响的字段都已读取。",
    origins: { field: "配置", alias: "配置（别名）", set: "您的输入", assumed: "假定", default: "类的默认值" } as Record<string, string>,
  },
});

export function Fields({ params }: { params: Params }) {
  return (
    <section data-section="fields">
      <h2>{w().title}</h2>
      <div class="wide" ref={reachable}>
        <table class="rows fields">
          <thead><tr><th scope="col">{w().field}</th><th scope="col">{w().value}</th><th scope="col">{w().from}</th></tr></thead>
          <tbody>
            {(params.fields ?? []).map((field) => (
              <tr key={field.key} data-origin={field.origin} id={`field-${field.key}`}>
                <th scope="row" class="mono"><Name name={field.key} /></th>
                <td class="mono value">{String(field.value)}</td>
                <td class={field.origin === "field" || field.origin === "alias" ? "muted" : "taken"}>{w().origins[field.origin] ?? field.origin}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted">
        {params.unused_fields?.length ? <>{w().unused} <span class="mono">{params.unused_fields.join(", ")}</span></> : w().all_used}
      </p>
    </section>
  );
}
