export function Parameters() {
  return null;
}
