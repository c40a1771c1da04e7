export function FineTune() {
  return null;
}
