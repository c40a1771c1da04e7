export function Methods() {
  return null;
}
