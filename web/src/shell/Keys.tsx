/* The sheet of all keys. */
import { useEffect, useRef } from "preact/hooks";
import { words } from "../text";
import { helpOpen } from "./keys";

const w = words({
  en: { title: "Keys", close: "Close", rows: [["/", "search a model"], ["1 … 9", "views"], ["e", "why: the headline's derivation"], ["p", "pin for compare"], ["s", "copy a link to share"], ["u", "GiB or GB"], ["l", "language"], ["?", "this sheet"]] },
  zh: { title: "快捷键", close: "关闭", rows: [["/", "搜索模型"], ["1 … 9", "切换视图"], ["e", "为什么：总数的推导"], ["p", "固定以便对比"], ["s", "复制分享链接"], ["u", "GiB 或 GB"], ["l", "语言"], ["?", "本表"]] },
});

export function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpOpen.value]);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="keys-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="keys-title">{w().title}</h2>
      <table>
        <tbody>{w().rows.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}</tbody>
      </table>
      <button type="button" class="link" onClick={() => (helpOpen.value = false)}>{w().close}</button>
    </dialog>
  );
}
