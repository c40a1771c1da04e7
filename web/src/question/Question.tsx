/* The whole question in three numbered groups: model, workload, machine. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Fit } from "../api/types";
import { useOfFit } from "../state/answers";
import { words } from "../text";
import { Machine, machineLine } from "./Machine";
import { Model, modelLine } from "./Model";
import { OfServing } from "./OfServing";
import { Try } from "./Try";
import { Workload, workloadLine } from "./Workload";

const w = words({
  en: { question: "Question", model: "Model", workload: "Workload", machine: "Machine", serving: "How it is served. Training has its own batch and sequence, in the view." },
  zh: { question: "问题", model: "模型", workload: "负载", machine: "机器", serving: "这里是推理服务的负载；训练的批大小与序列长度在视图中设置。" },
});

/* On a narrow screen a group is one line that opens in place. */
function Group({ number, name, line, children }: { number: number; name: string; line: ComponentChildren; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const id = `group-${number}`;
  return (
    <section class={`group ${open ? "open" : ""}`} aria-labelledby={id}>
      <h2 id={id}>
        <span class="ordinal">{number}</span> {name}
        <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>{line}</button>
      </h2>
      <div class="inside">{children}</div>
    </section>
  );
}

const loadOf = (fit: Fit | null) => fit && { context: fit.context, weights_format: fit.weights_format };

/* What stands in the line of a folded group changes with the question: each by itself. */
const ModelLine = () => <>{modelLine()}</>;
const WorkloadLine = () => <>{workloadLine(useOfFit(loadOf))}</>;
const MachineLine = () => <>{machineLine()}</>;

export function Question() {
  return (
    <aside class="question" aria-label={w().question}>
      <Try />
      <Group number={1} name={w().model} line={<ModelLine />}><Model /></Group>
      <Group number={2} name={w().workload} line={<WorkloadLine />}>
        <OfServing note={w().serving}><Workload /></OfServing>
      </Group>
      <Group number={3} name={w().machine} line={<MachineLine />}><Machine /></Group>
    </aside>
  );
}
