/* The page: the question at the left, its answer at the right, the views of it below the strip. */
import { useEffect, useRef } from "preact/hooks";
import { lazy } from "./lazy";
import { WhyDrawer } from "../parts/WhyDrawer";
import { Question } from "../question/Question";
import { view, VIEWS, type View } from "../state/question";
import { language, words } from "../text";
import { Overview } from "../views/Overview";
import { Export } from "./Export";
import { Header } from "./Header";
import { History, Recorder } from "./History";
import { Keys } from "./Keys";
import { Share } from "./Share";
import { Strip } from "./Strip";
import { OnPaper, Said } from "./Tools";

const w = words<{ views: Record<View, string>; nav: string }>({
  en: {
    nav: "Views",
    views: { overview: "Overview", deploy: "Deploy", finetune: "Fine-tune", parameters: "Parameters", formulas: "Formulas",
      methods: "Methods", hardware: "Hardware", compare: "Compare", calculators: "Calculators" },
  },
  zh: {
    nav: "视图",
    views: { overview: "概览", deploy: "部署", finetune: "微调", parameters: "参数", formulas: "公式", methods: "方法",
      hardware: "硬件", compare: "对比", calculators: "计算器" },
  },
});

const LAZY = {
  deploy: lazy(() => import("../views/Deploy").then((m) => m.Deploy)),
  finetune: lazy(() => import("../views/FineTune").then((m) => m.FineTune)),
  parameters: lazy(() => import("../views/Parameters").then((m) => m.Parameters)),
  formulas: lazy(() => import("../views/Formulas").then((m) => m.Formulas)),
  methods: lazy(() => import("../views/Methods").then((m) => m.Methods)),
  hardware: lazy(() => import("../views/Hardware").then((m) => m.Hardware)),
  compare: lazy(() => import("../views/Compare").then((m) => m.Compare)),
  calculators: lazy(() => import("../views/Calculators").then((m) => m.Calculators)),
} satisfies Record<Exclude<View, "overview">, unknown>;

function Tabs() {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tab = document.getElementById(`tab-${view.value}`);
    if (tab && list.current) list.current.scrollLeft = tab.offsetLeft - (list.current.clientWidth - tab.offsetWidth) / 2;
  }, [view.value, language.value]);
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const to = VIEWS[(VIEWS.indexOf(view.value) + step + VIEWS.length) % VIEWS.length];
    if (!to) return;
    view.value = to;
    event.preventDefault();
    requestAnimationFrame(() => document.getElementById(`tab-${to}`)?.focus());
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={w().nav} onKeyDown={move}>
      {VIEWS.map((name) => (
        <button type="button" role="tab" key={name} id={`tab-${name}`} aria-selected={view.value === name} aria-controls="view"
          tabIndex={view.value === name ? 0 : -1} onClick={() => (view.value = name)}>{w().views[name]}</button>
      ))}
    </div>
  );
}

function Shown() {
  if (view.value === "overview") return <Overview />;
  const Chosen = LAZY[view.value];
  return <Chosen key={view.value} />;
}

/* The panel is named after the tab whose view it holds. */
function Panel() {
  return <div id="view" class="view" role="tabpanel" aria-labelledby={`tab-${view.value}`}><Shown /></div>;
}

export function App() {
  return (
    <div class="page" lang={language.value === "zh" ? "zh-CN" : "en"}>
      <Header />
      <Question />
      <main id="answer" tabIndex={-1}>
        <Strip />
        <Tabs />
        <OnPaper />
        <Panel />
      </main>
      <WhyDrawer />
      <Keys />
      <Share />
      <History />
      <Export />
      <Recorder />
      <Said />
    </div>
  );
}
