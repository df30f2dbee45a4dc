// From night blue at 0 through blue, green and yellow to dark red at 1.
const STOPS: ReadonlyArray<readonly [number, number, number]> = [
  [33, 23, 48],
  [54, 42, 112],
  [68, 86, 199],
  [70, 134, 249],
  [42, 184, 234],
  [40, 224, 184],
  [108, 246, 120],
  [180, 246, 84],
  [231, 218, 60],
  [252, 173, 60],
  [239, 112, 34],
  [201, 52, 10],
  [128, 12, 6],
];

function mix(t: number): [number, number, number] {
  const place = t * (STOPS.length - 1);
  const low = Math.min(Math.floor(place), STOPS.length - 2);
  const rest = place - low;
  const from = STOPS[low] ?? [0, 0, 0];
  const to = STOPS[low + 1] ?? [0, 0, 0];
  return [0, 1, 2].map((i) =>
    Math.round((from[i] ?? 0) * (1 - rest) + (to[i] ?? 0) * rest),
  ) as [number, number, number];
}

/** The colours from 0 to 1 as canvas pixels (little-endian RGBA, as on every browser's machine). */
export const COLOURS = Uint32Array.from({ length: 512 }, (_, i) => {
  const [r, g, b] = mix(i / 511);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
});
