import { curvePath } from "../lib/geometry";

/** A curve as it is shown to a unit, small. */
export function CurveIcon({ angle }: { angle: number }) {
  return (
    <svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true">
      <path d={curvePath(angle, 9, 0, 0, 19)} />
    </svg>
  );
}

/** The stimuli over a map: orientation across, radius upwards. */
export function Strip({ radii, columns }: { radii: ReadonlyArray<number>; columns: number }) {
  const cell = 24;
  const rows = Math.min(5, radii.length);
  const smallest = radii[0] ?? 1;
  const width = columns * cell;
  const height = rows * cell * 0.8;
  const curves: string[] = [];
  for (let row = 0; row < rows; row++) {
    const at = Math.round((row / Math.max(rows - 1, 1)) * (radii.length - 1));
    const radius = 5 * ((radii[at] ?? smallest) / smallest);
    for (let col = 0; col < columns; col++) {
      const angle = ((col + 0.5) / columns) * 360;
      curves.push(curvePath(angle, radius, (col + 0.5) * cell, height - (row + 0.5) * cell * 0.8, 16));
    }
  }
  return (
    <svg class="strip" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={curves.join("")} />
    </svg>
  );
}
