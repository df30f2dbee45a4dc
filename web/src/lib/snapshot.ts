import type { Words } from "../types";

/** A figure as a drawing of its own: SVG text and its size in pixels. */
export interface Drawing {
  text: string;
  width: number;
  height: number;
}

const SVG = "http://www.w3.org/2000/svg";
const PADDING = 16;
const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
  "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight",
  "font-style", "font-variant", "text-anchor", "dominant-baseline", "paint-order", "visibility",
] as const;

/**
 * Draws what the reader sees as one SVG: canvases as images, charts as they are, text as text,
 * filled boxes and table rules. What is marked `data-unprinted` is left out.
 */
export function snapshot(root: HTMLElement, words: Words): Drawing {
  const frame = root.getBoundingClientRect();
  const width = Math.ceil(Math.max(frame.width, root.scrollWidth)) + 2 * PADDING;
  const height = Math.ceil(frame.height) + 2 * PADDING;
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const paper = getComputedStyle(document.body).backgroundColor;
  svg.append(
    named("title", words.title),
    named("desc", `${words.takeaway} ${words.caption}`),
    element("rect", { width, height, fill: paper }),
  );
  walk(root, svg, PADDING - frame.left, PADDING - frame.top);
  return { text: new XMLSerializer().serializeToString(svg), width, height };
}

// A browser's canvas has no more pixels than these, on a side and in all.
const LONGEST = 16_384;
const MOST = 2 ** 27;

/** The drawing as PNG, two pixels to one, or fewer where it would be too large for a canvas. */
export async function toPng(drawing: Drawing): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing.text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const { width, height } = drawing;
  const scale = Math.min(2, LONGEST / Math.max(width, height), Math.sqrt(MOST / (width * height)));
  canvas.width = Math.floor(width * scale);
  canvas.height = Math.floor(height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))));
  });
}

function walk(node: Element, into: Element, dx: number, dy: number): void {
  if (node.hasAttribute("data-unprinted")) return;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  if (style.display === "none" || style.visibility === "hidden" || box.width < 2) return;
  const place = { x: box.left + dx, y: box.top + dy, width: box.width, height: box.height };
  if (node instanceof HTMLCanvasElement) {
    into.append(
      element("image", { ...place, preserveAspectRatio: "none", href: node.toDataURL() }),
    );
    return;
  }
  if (node instanceof SVGSVGElement) {
    const copy = node.cloneNode(true) as SVGSVGElement;
    dress(node, copy);
    for (const [name, size] of Object.entries(place)) copy.setAttribute(name, String(size));
    copy.removeAttribute("style");
    into.append(copy);
    return;
  }
  boxes(style, place, into);
  for (const child of node.childNodes) {
    if (child instanceof Element) walk(child, into, dx, dy);
    else if (child instanceof Text) lines(child, style, into, dx, dy);
  }
}

function boxes(
  style: CSSStyleDeclaration,
  place: { x: number; y: number; width: number; height: number },
  into: Element,
): void {
  if (!/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor)) {
    into.append(
      element("rect", { ...place, fill: style.backgroundColor, rx: parseFloat(style.borderRadius) || 0 }),
    );
  }
  const below = parseFloat(style.borderBottomWidth);
  if (below > 0 && style.borderBottomStyle === "solid") {
    const y = place.y + place.height - below / 2;
    const line = { x1: place.x, x2: place.x + place.width, y1: y, y2: y };
    into.append(
      element("line", { ...line, stroke: style.borderBottomColor, "stroke-width": below }),
    );
  }
}

/** Text as it is broken on screen: one element for each line. */
function lines(text: Text, style: CSSStyleDeclaration, into: Element, dx: number, dy: number): void {
  const content = text.data;
  if (content.trim() === "") return;
  const range = document.createRange();
  let start = 0;
  while (start < content.length) {
    let end = content.length;
    const count = (to: number) => {
      range.setStart(text, start);
      range.setEnd(text, to);
      return new Set(Array.from(range.getClientRects(), (rect) => Math.round(rect.top))).size;
    };
    if (count(end) > 1) {
      end = start + 1;
      while (end < content.length && count(end + 1) <= 1) end++;
    }
    count(end);
    const box = range.getBoundingClientRect();
    const line = element("text", {
      x: box.left + dx,
      y: box.top + dy + box.height * 0.78,
      fill: style.color,
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight,
      "font-style": style.fontStyle,
      "font-variant": style.fontVariantCaps,
    });
    const piece = content.slice(start, end).trim();
    line.textContent = style.textTransform === "uppercase" ? piece.toUpperCase() : piece;
    if (piece !== "" && box.width > 0) into.append(line);
    start = end;
  }
}

function dress(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of STYLES) {
    const found = style.getPropertyValue(name);
    // A colour such as currentColor must not change with the place the drawing is put.
    if (found !== "") (to as SVGElement).style.setProperty(name, found);
  }
  to.removeAttribute("class");
  Array.from(from.children).forEach((child, i) => {
    const twin = to.children[i];
    if (twin !== undefined) dress(child, twin);
  });
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, each] of Object.entries(attributes)) {
    made.setAttribute(key, typeof each === "number" ? String(Math.round(each * 100) / 100) : each);
  }
  return made;
}

function named(name: string, text: string): SVGElement {
  const made = element(name, {});
  made.textContent = text;
  return made;
}
