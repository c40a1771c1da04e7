/* A sheet over the page: a title, what it holds, a way to close. Escape closes it, the focus goes back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../text";
import { said, sheet, type SheetName } from "./sheets";

const w = words({ en: { close: "Close" }, zh: { close: "关闭" } });

export function Sheet({ name, title, children }: { name: SheetName; title: string; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = sheet.value === name;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="sheet wide-sheet" aria-labelledby={`sheet-${name}`} data-sheet={name}
      onClick={(event) => event.target === dialog.current && (sheet.value = null)}
      onClose={() => {
        if (sheet.value === name) sheet.value = null;
      }}>
      {open && (
        <>
          <header><h2 id={`sheet-${name}`}>{title}</h2><button type="button" class="link" onClick={() => (sheet.value = null)}>{w().close}</button></header>
          {children}
          <p class="muted" role="status">{said.value}</p>
        </>
      )}
    </dialog>
  );
}
