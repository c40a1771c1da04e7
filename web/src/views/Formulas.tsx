export function Formulas() {
  return null;
}
