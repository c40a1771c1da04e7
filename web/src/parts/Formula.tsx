/* A formula, typeset. KaTeX comes when the first one is shown; until then, and where it cannot, the text stands. It builds its
 * elements one by one, which the Content-Security-Policy allows, as it would not allow styles in markup. */
import { useEffect, useRef } from "preact/hooks";
import { busyUntil } from "../state/settled";
import { isProse, toLatex } from "./math";
import { Name } from "./Name";
import { reachable } from "./reachable";

type Katex = (typeof import("katex"))["default"];
let loading: Promise<Katex> | null = null;

function katex(): Promise<Katex> {
  loading ??= busyUntil(Promise.all([import("katex"), import("katex/dist/katex.min.css")])).then(([module]) => module.default);
  return loading;
}

export function Formula({ text, latex }: { text: string; latex?: string | undefined }) {
  const place = useRef<HTMLSpanElement>(null);
  const prose = !latex && isProse(text);
  useEffect(() => {
    const element = place.current;
    if (!element || prose) return;
    let wanted = true;
    void katex().then((k) => {
      if (!wanted) return;
      try {
        k.render(`\\displaystyle ${latex ?? toLatex(text)}`, element, { throwOnError: true, output: "htmlAndMathml", strict: false });
      } catch {
        element.textContent = text;
      }
      reachable(element);
    });
    return () => {
      wanted = false;
    };
  }, [text, latex, prose]);
  if (prose) return <span class="formula prose"><Name name={text} /></span>;
  return <span class="formula" ref={place} key={text}>{text}</span>;
}
