/* Whether anything is still under way: a request or one that waits for its turn, what is drawn a moment later, the address. The
 * root element says so when nothing is (data-settled), for programs that read the page: they need not guess how long to wait. */
const FRAMES = 3; /* what has been drawn may ask for more, at most so many frames later */
const CAUSES = ["input", "change", "click", "keydown", "drop", "popstate"] as const;

let under_way = 0;
let turn = 0;

function settle(frames: number, mine: number): void {
  requestAnimationFrame(() => setTimeout(() => {
    if (mine !== turn || under_way > 0) return;
    if (frames > 1) settle(frames - 1, mine);
    else document.documentElement.dataset.settled = "";
  }));
}

/* Something has begun; the function that is returned says that it has ended. */
export function busy(): () => void {
  let open = true;
  under_way++;
  turn++;
  delete document.documentElement.dataset.settled;
  return () => {
    if (!open) return;
    open = false;
    if (--under_way === 0) settle(FRAMES, turn);
  };
}

export function busyUntil<T>(end: Promise<T>): Promise<T> {
  const ended = busy();
  void end.then(ended, ended);
  return end;
}

/* Whatever is done to the page may lead to something. */
export function startSettled(): void {
  for (const cause of CAUSES) window.addEventListener(cause, () => busy()(), { capture: true, passive: true });
}
