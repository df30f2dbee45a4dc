import { direction } from "./geometry";

/** SVG outline of values spread evenly round the circle from `start`, 1 being `reach` away. */
export function polarPath(values: ReadonlyArray<number>, reach: number, start = 0): string {
  const points = values.map((each, i) => {
    const [x, y] = direction(start + (360 * i) / values.length);
    const far = Math.min(Math.max(each, 0), 1.25) * reach;
    return `${(x * far).toFixed(1)} ${(y * far).toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}

/** SVG path of a sector about `middle`, degrees. */
export function sectorPath(middle: number, halfWidth: number, reach: number): string {
  const [ax, ay] = direction(middle - halfWidth);
  const [bx, by] = direction(middle + halfWidth);
  const large = halfWidth > 90 ? 1 : 0;
  return `M0 0L${ax * reach} ${ay * reach}A${reach} ${reach} 0 ${large} 1 ${bx * reach} ${by * reach}Z`;
}
