import type { LiveFamily } from "../types";
import type { Answer, Weights } from "./live-session";
import { diverging } from "./signed";

type Colour = readonly [number, number, number];

/** Colours once round the circle, of one lightness: orientation 0 first. */
const HUES: ReadonlyArray<Colour> = Array.from({ length: 360 }, (_, hue) => oklch(0.66, 0.14, hue + 25));

/** The colour of an orientation in a family of this period. */
export function hue(orientation: number, period: number): Colour {
  const turns = period === 0 ? 0 : orientation / period;
  return HUES[Math.round((turns - Math.floor(turns)) * 360) % 360] ?? [0, 0, 0];
}

export function css([r, g, b]: Colour): string {
  return `rgb(${r} ${g} ${b})`;
}

/** Paints a family over the pad: colour is the strongest unit's orientation, strength its response. */
export function paintFamily(canvas: HTMLCanvasElement, family: LiveFamily, answer: Answer, dark: boolean): void {
  const { rows, cols, data } = answer;
  if (canvas.width !== cols || canvas.height !== rows) [canvas.width, canvas.height] = [cols, rows];
  const context = canvas.getContext("2d");
  if (context === null) return;
  const image = context.createImageData(cols, rows);
  const area = rows * cols;
  const ground = dark ? [29, 27, 35] : [244, 241, 236];
  const colours = family.orientations.map((each) => hue(each, family.period));
  for (let i = 0; i < area; i++) {
    let [best, value] = [0, 0];
    for (let k = 0; k < colours.length; k++) {
      const each = data[(family.first + k) * area + i] ?? 0;
      if (each > value) [best, value] = [k, each];
    }
    const part = Math.min(value / family.top, 1) ** 0.8;
    const colour = colours[best] ?? [0, 0, 0];
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = (ground[c] ?? 0) * (1 - part) + (colour[c] ?? 0) * part;
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Paints kernels from some sources to one unit, in rows, over the largest weight among them. */
export function paintKernels(
  canvas: HTMLCanvasElement,
  weights: Weights,
  layer: string,
  unit: number,
  sources: { first: number; count: number },
  across: number,
  dark: boolean,
): number {
  const tensor = weights[`${layer}.weight`];
  const context = canvas.getContext("2d");
  if (tensor === undefined || context === null) return 0;
  const [, inputs = 0, high = 0, wide = 0] = tensor.dims;
  const [cell, gap] = [4, 4];
  const step = wide * cell + gap;
  const rows = Math.ceil(sources.count / across);
  canvas.width = across * step - gap;
  canvas.height = rows * (high * cell + gap) - gap;
  const at = (source: number, y: number, x: number) =>
    tensor.data[((unit * inputs + source) * high + y) * wide + x] ?? 0;
  let largest = 0;
  for (let k = 0; k < sources.count; k++) {
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) largest = Math.max(largest, Math.abs(at(sources.first + k, y, x)));
    }
  }
  const colours = diverging(dark);
  for (let k = 0; k < sources.count; k++) {
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        const share = largest === 0 ? 0 : at(sources.first + k, y, x) / largest;
        const packed = colours[Math.round(share * 127) + 127] ?? 0;
        context.fillStyle = css([packed & 255, (packed >>> 8) & 255, (packed >>> 16) & 255]);
        context.fillRect(
          (k % across) * step + x * cell,
          Math.floor(k / across) * (high * cell + gap) + y * cell,
          cell,
          cell,
        );
      }
    }
  }
  return largest;
}

/** An OKLCH colour as bytes, cut to what a screen can show. */
function oklch(lightness: number, chroma: number, degrees: number): Colour {
  const [a, b] = [chroma * Math.cos((degrees * Math.PI) / 180), chroma * Math.sin((degrees * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const byte = (value: number) => {
    const v = Math.min(Math.max(value, 0), 1);
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  };
  return [byte(linear[0] ?? 0), byte(linear[1] ?? 0), byte(linear[2] ?? 0)];
}
