/* Goes to a control of the question, wherever it stands: on a narrow screen its group is folded. */
export function reveal(name: string): void {
  const control = document.querySelector<HTMLElement>(`.question [data-option="${name}"]`);
  const group = control?.closest(".group");
  if (group && !group.classList.contains("open")) group.querySelector<HTMLElement>(".fold")?.click();
  requestAnimationFrame(() => {
    control?.scrollIntoView({ block: "center" });
    control?.querySelector<HTMLElement>("select, input")?.focus();
  });
}
