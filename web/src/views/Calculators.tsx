export function Calculators() {
  return null;
}
