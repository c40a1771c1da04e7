/* What can be derived: parameters and their groups, memory and its components, FLOPs, any tensor by its name. */
import { useId, useState } from "preact/hooks";
import { useAnswer } from "../../api/answer";
import { ranges } from "../../api/ranges";
import type { Params } from "../../api/types";
import { onDevice } from "../../parts/components";
import { worstDevice } from "../../parts/load";
import { shownOptions, useFit } from "../../state/answers";
import { bodyFor } from "../../state/question";
import { words } from "../../text";
import { componentWord, groupWord } from "../../text/terms";
import type { Tensors } from "../parameters/model";
import { isSame, type Quantity } from "./quantity";

const w = words({
  en: {
    label: "Quantity to derive", parameters: "Parameters", memory: "Memory", compute: "Compute", tensor: "One tensor", find: "part of its name",
    names: { total_parameters: "total", active_parameters: "active", buffer_elements: "buffers", mtp_parameters: "MTP", device_bytes: "whole device", budget: "budget",
      total_flops: "all FLOPs", matmul_flops: "matrix products", attention_flops: "attention", convolution_flops: "convolutions" } as Record<string, string>,
  },
  zh: {
    label: "要推导的量", parameters: "参数", memory: "显存", compute: "计算", tensor: "单个张量", find: "名称的一部分",
    names: { total_parameters: "总数", active_parameters: "激活参数", buffer_elements: "缓冲区", mtp_parameters: "MTP", device_bytes: "整张卡", budget: "预算",
      total_flops: "全部 FLOPs", matmul_flops: "矩阵乘法", attention_flops: "注意力", convolution_flops: "卷积" } as Record<string, string>,
  },
});

export function quantityWord(quantity: Quantity): string {
  const known = w().names[quantity.name];
  if (known) return known;
  return quantity.command === "fit" ? componentWord(quantity.name) : quantity.name.includes(".") ? quantity.name : groupWord(quantity.name);
}

interface Props {
  chosen: Quantity;
  onChoose: (quantity: Quantity) => void;
}

function Line({ title, all, chosen, onChoose }: Props & { title: string; all: readonly Quantity[] }) {
  if (all.length === 0) return null;
  return (
    <div class="quantity-line">
      <span class="muted">{title}</span>
      <span class="quantity-names">
        {all.map((one) => (
          <button type="button" key={one.name} class="pick" data-quantity={one.name} aria-pressed={isSame(one, chosen)} onClick={() => onChoose(one)}>{quantityWord(one)}</button>
        ))}
      </span>
    </div>
  );
}

/* A tensor is found by a part of its name, among classes of alike tensors first. */
function TensorSearch({ chosen, onChoose }: Props) {
  const list = useId();
  const current = chosen.command === "explain" && chosen.name.includes(".") ? chosen.name : "";
  const [text, setText] = useState<string | null>(null);
  const found = useAnswer<Tensors>("tensors", ranges.value && text !== null
    ? bodyFor("tensors", shownOptions.value, { compact: true, quant: null, ...(text && { filter: text }) }) : null);
  const names = found.data?.tensors.map((tensor) => tensor.name) ?? [];
  const take = (value: string) => {
    setText(null);
    if (value) onChoose({ command: "explain", name: value });
  };
  return (
    <label class="quantity-line">
      <span class="muted">{w().tensor}</span>
      <input type="text" list={list} class="mono" value={text ?? current} placeholder={w().find} spellcheck={false} data-option="quantity"
        onFocus={() => setText(current)} onBlur={() => setText(null)}
        onInput={(event) => (names.includes(event.currentTarget.value) ? take(event.currentTarget.value) : setText(event.currentTarget.value))}
        onKeyDown={(event) => event.key === "Enter" && take(names.includes(event.currentTarget.value) ? event.currentTarget.value : (names[0] ?? event.currentTarget.value))} />
      <datalist id={list}>{names.slice(0, 100).map((name) => <option key={name} value={name} />)}</datalist>
    </label>
  );
}

export function Quantities(props: Props) {
  const fit = useFit();
  const params = useAnswer<Params>("params", ranges.value ? bodyFor("params", shownOptions.value) : null);
  const named = (command: Quantity["command"], names: readonly string[]) => names.map((name): Quantity => ({ command, name }));
  const device = fit.data && worstDevice(fit.data);
  const data = params.data;
  const parameters = ["total_parameters", "active_parameters", ...(data?.groups.map((group) => group.name) ?? []),
    ...(data?.buffer_elements ? ["buffer_elements"] : []), ...(data?.mtp_parameters ? ["mtp_parameters"] : [])];
  const memory = device ? ["device_bytes", ...onDevice(device.components).map((part) => part.name), ...(device.budget_bytes === undefined ? [] : ["budget"])] : [];
  return (
    <nav class="quantities" aria-label={w().label}>
      <Line {...props} title={w().parameters} all={named("explain", parameters)} />
      <Line {...props} title={w().memory} all={named("fit", memory)} />
      <Line {...props} title={w().compute} all={named("explain", ["total_flops", "matmul_flops", "attention_flops", "convolution_flops"])} />
      <TensorSearch {...props} />
    </nav>
  );
}
