/* A chart as a file: the same picture with its title above and a source line below. */

const KEPT = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "stroke-opacity", "stop-color", "stop-opacity",
  "font-family", "font-size", "font-weight", "font-variant-numeric", "text-anchor", "dominant-baseline", "visibility", "paint-order",
] as const;
const SPACE = "http://www.w3.org/2000/svg";
const HEAD = 28;
const FOOT = 24;

const plainOf = new Map<string, string>();

/* Mixed colours become what every program reads. */
function plain(value: string): string {
  if (!/^(oklab|oklch|color)\(/.test(value)) return value;
  const known = plainOf.get(value);
  if (known) return known;
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  if (!pen) return value;
  pen.fillStyle = value;
  pen.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = pen.getImageData(0, 0, 1, 1).data;
  const found = `rgb(${r}, ${g}, ${b})`;
  plainOf.set(value, found);
  return found;
}

function inline(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of KEPT) to.setAttribute(name, plain(style.getPropertyValue(name)));
  for (const name of ["class", "tabindex", "role", "aria-label"]) to.removeAttribute(name);
  for (let i = 0; i < from.children.length; i++) {
    const [a, b] = [from.children[i], to.children[i]];
    if (a && b) inline(a, b);
  }
}

function line(text: string, y: number, size: number, colour: string): SVGTextElement {
  const element = document.createElementNS(SPACE, "text");
  element.textContent = text;
  for (const [name, value] of [["x", "8"], ["y", String(y)], ["font-size", String(size)], ["font-family", "sans-serif"], ["fill", colour]] as const)
    element.setAttribute(name, value);
  return element;
}

function standalone(svg: SVGSVGElement, title: string, source: string): { text: string; width: number; height: number } {
  const width = svg.width.baseVal.value + 16;
  const inner = svg.height.baseVal.value;
  const height = inner + HEAD + FOOT;
  const page = getComputedStyle(document.body);
  const out = document.createElementNS(SPACE, "svg");
  const picture = svg.cloneNode(true) as SVGSVGElement;
  inline(svg, picture);
  picture.setAttribute("x", "8");
  picture.setAttribute("y", String(HEAD));
  const ground = document.createElementNS(SPACE, "rect");
  ground.setAttribute("width", String(width));
  ground.setAttribute("height", String(height));
  ground.setAttribute("fill", page.backgroundColor);
  out.setAttribute("xmlns", SPACE);
  out.setAttribute("width", String(width));
  out.setAttribute("height", String(height));
  out.setAttribute("viewBox", `0 0 ${width} ${height}`);
  out.append(ground, line(title, 19, 14, page.color), picture, line(source, height - 8, 11, page.color));
  return { text: new XMLSerializer().serializeToString(out), width, height };
}

export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function saveSvg(svg: SVGSVGElement, name: string, title: string, source: string): void {
  saveFile(new Blob([standalone(svg, title, source).text], { type: "image/svg+xml" }), `${name}.svg`);
}

/* Twice as fine as the screen's own pixels, for papers and slides. */
export async function savePng(svg: SVGSVGElement, name: string, title: string, source: string): Promise<void> {
  const { text, width, height } = standalone(svg, title, source);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && saveFile(blob, `${name}.png`));
}
