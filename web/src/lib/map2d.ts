import type { Map2D } from "../types";

const decoded = new WeakMap<Map2D, Uint8Array>();

/** The bytes of a map, row after row. */
export function bytes(map: Map2D): Uint8Array {
  let found = decoded.get(map);
  if (found === undefined) {
    found = Uint8Array.from(atob(map.data), (each) => each.charCodeAt(0));
    if (found.length !== map.rows * map.cols) {
      throw new Error(`a map of ${map.rows} × ${map.cols} holds ${found.length} values`);
    }
    decoded.set(map, found);
  }
  return found;
}

export function value(map: Map2D, row: number, col: number): number {
  return (bytes(map)[row * map.cols + col] ?? 0) * map.scale;
}

/** The cell of the largest value. */
export function peak(map: Map2D): { row: number; col: number; value: number } {
  const all = bytes(map);
  let best = 0;
  for (let i = 1; i < all.length; i++) if ((all[i] ?? 0) > (all[best] ?? 0)) best = i;
  return {
    row: Math.floor(best / map.cols),
    col: best % map.cols,
    value: (all[best] ?? 0) * map.scale,
  };
}

/** Draws a map with its last row on top, shades between cells; columns go round the circle. */
export function paint(
  canvas: HTMLCanvasElement,
  map: Map2D,
  top: number,
  colours: Uint32Array,
): void {
  const step = 4;
  const width = map.cols * step;
  const height = map.rows * step;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser gives no canvas to draw on");
  const all = bytes(map);
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const gain = (top > 0 ? map.scale / top : 0) * (colours.length - 1);
  for (let y = 0; y < height; y++) {
    const v = Math.min(Math.max((height - y - 0.5) / step - 0.5, 0), map.rows - 1);
    const low = Math.floor(v);
    const up = v - low;
    const r0 = low * map.cols;
    const r1 = Math.min(low + 1, map.rows - 1) * map.cols;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / step - 0.5 + map.cols;
      const left = Math.floor(u);
      const right = u - left;
      const c0 = left % map.cols;
      const c1 = (left + 1) % map.cols;
      const lower = (all[r0 + c0] ?? 0) * (1 - right) + (all[r0 + c1] ?? 0) * right;
      const upper = (all[r1 + c0] ?? 0) * (1 - right) + (all[r1 + c1] ?? 0) * right;
      const shade = (lower * (1 - up) + upper * up) * gain;
      pixels[y * width + x] = colours[Math.min(Math.round(shade), colours.length - 1)] ?? 0;
    }
  }
  context.putImageData(image, 0, 0);
}
