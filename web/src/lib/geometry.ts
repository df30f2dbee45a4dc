/** Unit vector of an angle in degrees, clockwise on screen (y down). */
export function direction(angle: number): [number, number] {
  const radians = (angle * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

/** SVG path of a curve with its outward normal at `angle`, its middle of mass near (x, y). */
export function curvePath(
  angle: number,
  radius: number,
  x: number,
  y: number,
  length: number,
): string {
  const half = Math.min((length / 2 / radius) * (180 / Math.PI), 105);
  const sagitta = radius * (1 - Math.cos((half * Math.PI) / 180));
  const [nx, ny] = direction(angle);
  const cx = x - nx * (radius - sagitta / 2);
  const cy = y - ny * (radius - sagitta / 2);
  const [ax, ay] = direction(angle - half);
  const [bx, by] = direction(angle + half);
  const point = (dx: number, dy: number) =>
    `${(cx + radius * dx).toFixed(2)} ${(cy + radius * dy).toFixed(2)}`;
  const r = radius.toFixed(2);
  return `M${point(ax, ay)}A${r} ${r} 0 ${half > 90 ? 1 : 0} 1 ${point(bx, by)}`;
}
