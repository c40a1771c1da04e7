/* The whys of training's figures: their derivations, and what the answer itself says of them. */
import type { Component } from "../../api/types";
import { bytes, percent, whole } from "../../format";
import type { WhyRequest } from "../../parts/why";
import { askOfTraining } from "../../state/whys";
import { words } from "../../text";
import { componentWord } from "../../text/terms";
import type { Mode } from "./types";
import { modeWord } from "./words";

const w = words({
  en: {
    exact: "in bytes", host: "on the host", of: "of", trained: "trained parameters", all: "all parameters", share: "share", adapter: "adapter",
    modules: "adapted modules", precision: "precision", rule: "optimizer states and gradients are of these alone", total: "total",
  },
  zh: {
    exact: "字节数", host: "在主机上", of: "所属", trained: "可训练参数", all: "全部参数", share: "占比", adapter: "适配器",
    modules: "被适配的模块", precision: "精度方案", rule: "梯度与优化器状态只针对这些参数", total: "总量",
  },
});

export function whyOfMode(mode: Mode): WhyRequest {
  const parts = mode.components.map((part) => ({
    name: componentWord(part.name),
    value: bytes(part.bytes),
    from: part.on === "host" ? w().host : part.source ?? "",
  }));
  return {
    title: modeWord(mode.mode), value: bytes(mode.total_bytes), low: mode.low_bytes, high: mode.high_bytes,
    ask: askOfTraining(mode.mode, "total_bytes"), facts: [{ name: w().total, value: `${whole(mode.total_bytes)} B` }, ...parts],
  };
}

export function whyOfTrained(mode: Mode): WhyRequest {
  const adapter = mode.adapter && [
    { name: w().adapter, value: mode.adapter.name },
    { name: w().modules, value: whole(mode.adapter.adapted_modules), from: mode.adapter.modules.join(", ") },
  ];
  return {
    title: `${modeWord(mode.mode)}: ${w().trained}`, value: whole(mode.trainable_parameters), basis: "exact",
    ask: askOfTraining(mode.mode, "trainable_parameters"),
    facts: [
      { name: w().trained, value: whole(mode.trainable_parameters), from: w().rule },
      { name: w().all, value: whole(mode.total_parameters) },
      { name: w().share, value: percent(mode.trainable_share, 3) },
      ...(adapter ?? []),
    ],
  };
}

export function whyOfPart(mode: Mode, part: Component): WhyRequest {
  return {
    title: `${modeWord(mode.mode)}: ${componentWord(part.name)}`, value: bytes(part.bytes), basis: part.basis, low: part.low_bytes,
    high: part.high_bytes, source: part.source, ask: askOfTraining(mode.mode, part.name),
    facts: [
      { name: w().exact, value: `${whole(part.bytes)} B`, ...(part.on === "host" && { from: w().host }) },
      { name: w().precision, value: mode.precision },
      ...(part.name === "adapters" && mode.adapter
        ? [{ name: w().adapter, value: mode.adapter.name, from: mode.adapter.modules.join(", ") }] : []),
    ],
  };
}
