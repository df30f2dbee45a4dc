import { number } from "./format";
import type { SignedBlock } from "../types";

const decoded = new WeakMap<SignedBlock, Int8Array>();
const NONE = -128;

/** The bytes of a block, its last axis running fastest. */
export function signedBytes(block: SignedBlock): Int8Array {
  let found = decoded.get(block);
  if (found === undefined) {
    found = Int8Array.from(atob(block.data), (each) => each.charCodeAt(0));
    if (found.length !== block.shape.reduce((a, b) => a * b, 1)) {
      throw new Error(`a block of ${block.shape.join(" × ")} holds ${found.length} values`);
    }
    decoded.set(block, found);
  }
  return found;
}

/** One value by its place; null where there is none. */
export function signedValue(block: SignedBlock, ...place: number[]): number | null {
  const at = place.reduce((sum, each, axis) => sum * (block.shape[axis] ?? 1) + each, 0);
  const byte = signedBytes(block)[at];
  return byte === undefined || byte === NONE ? null : byte * block.scale;
}

/** A number of either sign, as text has it. */
export function signed(value: number | null): string {
  return number(value).replaceAll("-", "−");
}

/** A value as a table has it: bytes carry no more than four digits. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}

type Colour = readonly [number, number, number];
// The middle is close to the paper of the theme.
const ENDS: Record<"light" | "dark", { none: Colour; above: Colour; below: Colour }> = {
  light: { none: [243, 240, 235], above: [176, 30, 30], below: [28, 78, 178] },
  dark: { none: [36, 34, 42], above: [255, 132, 116], below: [126, 172, 255] },
};

/** Colours of the bytes −127 to 127 as canvas pixels; place i holds the byte i − 127. */
export function diverging(dark: boolean): Uint32Array {
  const { none, above, below } = ENDS[dark ? "dark" : "light"];
  return Uint32Array.from({ length: 255 }, (_, i) => {
    const t = (i - 127) / 127;
    const end = t < 0 ? below : above;
    // Small weights would else be lost beside the largest.
    const part = Math.abs(t) ** 0.8;
    const [r, g, b] = [0, 1, 2].map((k) =>
      Math.round((none[k] ?? 0) * (1 - part) + (end[k] ?? 0) * part),
    ) as [number, number, number];
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}
