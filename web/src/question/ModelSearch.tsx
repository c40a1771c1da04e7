/* The model's name: what the catalogue and the registry know, found while typing; or a size, "7B dense". */
import { useId, useRef, useState } from "preact/hooks";
import { get } from "../api/client";
import { option, change } from "../state/question";
import { words } from "../text";

interface Found {
  id: string;
  source: string;
  model_type?: string;
  total_parameters?: number;
}

const w = words({
  en: {
    label: "Model", none: "Nothing of that name. A size works too: 7B, 671B with 37B active.", as_size: "as a size",
    sources: { catalogue: "catalogue", registry: "registry", uploaded: "sent" } as Record<string, string>,
  },
  zh: {
    label: "模型", none: "没有此名称的模型。也可以输入规模：7B、671B 激活 37B。", as_size: "按规模",
    sources: { catalogue: "内置", registry: "登记", uploaded: "已发送" } as Record<string, string>,
  },
});

/* The types of JSX want a datalist with this role; the list of this one is its own. */
const COMBOBOX: object = { role: "combobox", type: "text" };

export function ModelSearch() {
  const list = useId();
  const [text, setText] = useState<string | null>(null); /* null: not being searched */
  const [found, setFound] = useState<Found[]>([]);
  const [at, setAt] = useState(-1);
  const newest = useRef(0);
  const search = (typed: string) => {
    setText(typed);
    setAt(-1);
    const mine = ++newest.current;
    void get<{ models: Found[] }>(`models?limit=12&q=${encodeURIComponent(typed.trim())}`).then((reply) => {
      if (mine === newest.current && reply.ok) setFound(reply.data.models);
    });
  };
  const take = (id: string) => {
    if (id.trim()) change({ model: id.trim(), set: null });
    newest.current++;
    setText(null);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(-1, at - 1));
    else if (event.key === "Enter") take(found[at]?.id ?? text ?? "");
    else if (event.key === "Escape") setText(null);
    else return;
    event.preventDefault();
  };
  const open = text !== null;
  return (
    <div class="control search" data-option="model">
      <input id="model-search" {...COMBOBOX} aria-label={w().label} autocomplete="off" spellcheck={false}
        aria-expanded={open} aria-controls={list} aria-autocomplete="list"
        {...(at >= 0 && { "aria-activedescendant": `${list}-${at}` })}
        value={text ?? option("model")}
        onFocus={(event) => { search(""); event.currentTarget.select(); }}
        onInput={(event) => search(event.currentTarget.value)}
        onBlur={() => setText(null)} onKeyDown={keys} />
      <ul id={list} role="listbox" aria-label={w().label} hidden={!open}>
        {found.map((model, i) => (
          <li key={model.id} id={`${list}-${i}`} role="option" aria-selected={i === at}
            onMouseDown={(event) => { event.preventDefault(); take(model.id); (document.activeElement as HTMLElement).blur(); }}>
            <span>{model.id}</span>
            <span class="muted">{[model.model_type, w().sources[model.source] ?? model.source].filter(Boolean).join(" · ")}</span>
          </li>
        ))}
        {open && text && found.length === 0 && <li role="option" aria-disabled="true" aria-selected="false" class="muted">{w().none}</li>}
      </ul>
    </div>
  );
}
