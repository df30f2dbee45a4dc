import { curvePath, direction } from "../lib/geometry";
import type { OrientedUnit } from "../types";

/** A curve or a line as a unit sees it, small. */
export function ShapeIcon({ unit }: { unit: OrientedUnit }) {
  return (
    <svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true">
      <path d={shapePath(unit)} />
    </svg>
  );
}

function shapePath(unit: OrientedUnit): string {
  return unit.shape === "curve"
    ? curvePath(unit.orientation, 9, 0, 0, 19)
    : linePath(unit.orientation, 19, 0, 0);
}

/** SVG path of a line with its normal at `angle`, its middle at (x, y). */
export function linePath(angle: number, length: number, x: number, y: number): string {
  const [nx, ny] = direction(angle);
  const [dx, dy] = [(-ny * length) / 2, (nx * length) / 2];
  const point = (sign: number) => `${(x + sign * dx).toFixed(2)} ${(y + sign * dy).toFixed(2)}`;
  return `M${point(-1)}L${point(1)}`;
}
