/* A text field with a list that follows what is typed: arrow keys, Enter, Escape; the list is in the field's own words. */
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Quoted } from "../parts/Problem";

export interface Item {
  key: string; /* what is taken */
  main: ComponentChildren;
  aside?: ComponentChildren;
  heading?: string | undefined; /* of a new part of the list that begins here */
}

interface Props {
  id?: string;
  name: string; /* of the option */
  label: string;
  shown: boolean; /* whether the label is seen */
  value: string;
  placeholder?: string | undefined;
  items: () => readonly Item[]; /* asked for while the list is open */
  none: string; /* where nothing is found */
  busy?: boolean;
  problem?: string | undefined;
  note?: ComponentChildren;
  disabled?: boolean;
  onSearch: (text: string) => void; /* "" when it opens */
  onTake: (key: string, typed: boolean) => void; /* typed: not from the list */
}

/* The types of JSX want a datalist with this role; the list of this one is its own. */
const COMBOBOX: object = { role: "combobox", type: "text" };

const LOW = 300; /* px that a list needs */

export function Combobox(props: Props) {
  const { name, label, value, problem } = props;
  const own = useId();
  const id = props.id ?? own;
  const [open, setOpen] = useState(false);
  const [text, setText] = useState<string | null>(null); /* null: nothing is typed yet */
  const [at, setAt] = useState(-1);
  const items = open ? props.items() : [];
  const [up, setUp] = useState(false); /* the list stands above where there is no room below */
  const close = () => {
    setOpen(false);
    setText(null);
    setAt(-1);
  };
  const show = () => {
    if (!open) {
      const box = document.getElementById(id)?.getBoundingClientRect();
      setUp(box !== undefined && window.innerHeight - box.bottom < LOW && box.top > LOW);
      props.onSearch(text ?? "");
    }
    setOpen(true);
  };
  const take = (key: string, typed: boolean) => {
    close();
    props.onTake(key, typed);
    requestAnimationFrame(() => (document.getElementById(id) as HTMLInputElement | null)?.select());
  };
  const enter = () => {
    const first = text?.trim() ? items[Math.max(0, at)] : items[at];
    if (first) take(first.key, false);
    else if (text?.trim()) take(text.trim(), true);
    else close();
  };
  const keys = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : event.key === "PageDown" ? 8 : event.key === "PageUp" ? -8 : 0;
    if (step) {
      show();
      setAt(Math.max(-1, Math.min((open ? items : props.items()).length - 1, at + step)));
    } else if (event.key === "Enter" && open) enter();
    else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    if (open && at >= 0) document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at, open]);
  return (
    <div class="control search" data-option={name}>
      <label for={id} class={props.shown ? "" : "unseen"}>{label}</label>
      <div class="field">
        <input id={id} {...COMBOBOX} autocomplete="off" spellcheck={false} disabled={props.disabled} placeholder={props.placeholder}
          aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list" aria-busy={props.busy}
          aria-invalid={problem ? "true" : undefined} {...(open && at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
          value={text ?? value}
          onFocus={(event) => { show(); event.currentTarget.select(); }}
          onClick={show}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(-1);
            setOpen(true);
            props.onSearch(event.currentTarget.value);
          }}
          onBlur={close} onKeyDown={keys} />
        <div id={`${id}-list`} class={up ? "list up" : "list"} role="listbox" aria-label={label} hidden={!open}>
          {open && items.map((item, i) => (
            <Fragment key={item.key}>
              {item.heading && <p class="heading" role="presentation">{item.heading}</p>}
              <div id={`${id}-${i}`} role="option" aria-selected={i === at}
                onMouseDown={(event) => { event.preventDefault(); take(item.key, false); }}>
                <span class="main">{item.main}</span>
                {item.aside && <span class="aside">{item.aside}</span>}
              </div>
            </Fragment>
          ))}
          {open && items.length === 0 && !props.busy && <p class="heading" role="presentation">{props.none}</p>}
        </div>
      </div>
      {problem && <p class="problem" role="alert"><Quoted text={problem} field={name} /></p>}
      {!problem && props.note}
    </div>
  );
}
