/* What scrolls sideways is a stop of the Tab key, so that the arrow keys can scroll it; what does not is none. */
import { busy } from "../state/settled";

function mark(box: HTMLElement): void {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target.closest<HTMLElement>("[data-scrolls]");
    if (box) mark(box);
  }
});

/* As the ref of the box that scrolls. */
export function reachable(box: HTMLElement | null): void {
  if (!box || "scrolls" in box.dataset) return;
  box.dataset.scrolls = "";
  observer.observe(box);
  /* Fonts begin to load when what wants them has been laid out. */
  const ended = busy();
  requestAnimationFrame(() => void document.fonts.ready.then(() => mark(box)).finally(ended));
  if (box.firstElementChild) observer.observe(box.firstElementChild);
}
