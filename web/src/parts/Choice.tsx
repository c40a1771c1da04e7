/* A list to choose from, and a switch. */
import { useId } from "preact/hooks";
import { Quoted } from "./Problem";

export interface Entry {
  value: string;
  text: string;
}

interface Props {
  label: string;
  about?: string | undefined;
  name: string;
  value: string;
  entries: readonly Entry[];
  problem?: string | undefined;
  ignored?: string | undefined;
  note?: string | undefined;
  onChange: (value: string) => void;
}

export function Choice({ label, about, name, value, entries, problem, ignored, note, onChange }: Props) {
  const id = useId();
  const known = entries.some((entry) => entry.value === value);
  const said = problem ?? ignored ?? note;
  return (
    <div class={`control choice ${ignored ? "ignored" : ""}`} data-option={name}>
      <label for={id} title={about}>{label}</label>
      <select id={id} value={value} disabled={Boolean(ignored)} aria-invalid={problem ? "true" : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}>
        {entries.map((entry) => <option key={entry.value} value={entry.value}>{entry.text}</option>)}
        {!known && <option value={value}>{value}</option>}
      </select>
      {said && <p class={problem ? "problem" : "note"} role={problem ? "alert" : undefined}>{problem ? <Quoted text={problem} field={name} /> : said}</p>}
    </div>
  );
}

interface SwitchProps {
  label: string;
  about?: string | undefined;
  name: string;
  value: boolean;
  ignored?: string | undefined;
  note?: string | undefined;
  onChange: (value: boolean) => void;
}

export function Switch({ label, about, name, value, ignored, note, onChange }: SwitchProps) {
  return (
    <div class={`control switch ${ignored ? "ignored" : ""}`} data-option={name}>
      <label title={about}>
        <input type="checkbox" checked={value} disabled={Boolean(ignored)} onChange={(event) => onChange(event.currentTarget.checked)} />
        {label}
      </label>
      {(ignored ?? note) && <p class="note">{ignored ?? note}</p>}
    </div>
  );
}
