import { useEffect, useRef } from "preact/hooks";
import { useMedia } from "../lib/hooks";
import { diverging, signedBytes } from "../lib/signed";
import type { SignedBlock } from "../types";
import "../circuits.css";

/**
 * Tiles of a block (rows, columns, cells down, cells across) in colours by sign; with `only` a
 * single one of them.
 */
export function Tiles(props: { block: SignedBlock; only?: readonly [number, number] }) {
  const { block, only } = props;
  const dark = useMedia("(prefers-color-scheme: dark)");
  const canvas = useRef<HTMLCanvasElement>(null);
  const [row, col] = only ?? [];
  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, block, dark, row, col);
  }, [block, dark, row, col]);
  return <canvas class="tiles" ref={canvas} aria-hidden="true" />;
}

function paint(
  canvas: HTMLCanvasElement,
  block: SignedBlock,
  dark: boolean,
  onlyRow: number | undefined,
  onlyCol: number | undefined,
): void {
  const [rows = 0, cols = 0, down = 1, across = 1] = block.shape;
  const single = onlyRow !== undefined && onlyCol !== undefined;
  const step = Math.max(2, Math.round((single ? 160 : 44) / Math.max(down, across)));
  const gap = single ? 0 : 2;
  const [shownRows, shownCols] = single ? [1, 1] : [rows, cols];
  const width = shownCols * (across * step + gap);
  const height = shownRows * (down * step + gap);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser gives no canvas to draw on");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const bytes = signedBytes(block);
  const colours = diverging(dark);
  for (let y = 0; y < height; y++) {
    const r = Math.floor(y / (down * step + gap));
    const i = Math.floor((y - r * (down * step + gap)) / step);
    if (i >= down) continue;
    for (let x = 0; x < width; x++) {
      const c = Math.floor(x / (across * step + gap));
      const j = Math.floor((x - c * (across * step + gap)) / step);
      if (j >= across) continue;
      const pair = (onlyRow ?? r) * cols + (onlyCol ?? c);
      const byte = bytes[(pair * down + i) * across + j] ?? 0;
      pixels[y * width + x] = colours[byte + 127] ?? 0;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The colours from most negative to most positive. */
export function SignedRamp() {
  const dark = useMedia("(prefers-color-scheme: dark)");
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const colours = diverging(dark);
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(colours.length, 1);
    new Uint32Array(image.data.buffer).set(colours);
    context.putImageData(image, 0, 0);
  }, [dark]);
  return <canvas class="ramp" width={255} height={1} ref={canvas} aria-hidden="true" />;
}
