const MISSING = "–";

/** Degrees, whole. */
export function degrees(angle: number | null): string {
  return angle === null ? MISSING : `${Math.round(angle)}°`;
}

/** A fraction as a percentage, with a decimal below ten. */
export function percent(fraction: number | null): string {
  if (fraction === null) return MISSING;
  const value = fraction * 100;
  return `${value.toFixed(Math.abs(value) < 9.95 ? 1 : 0)}%`;
}

/** Three significant digits, without exponent where a reader can do without. */
export function number(value: number | null): string {
  if (value === null) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}

/** Pixels, with a decimal where the grid has one. */
export function pixels(value: number): string {
  return `${Number(value.toFixed(1))} px`;
}

/** A unit's address where there is little room: without its network, and without a long layer. */
export function short(unit: string): string {
  const address = unit.slice(unit.lastIndexOf(" ") + 1);
  return address.length > 9 ? `…${address.slice(address.lastIndexOf(":"))}` : address;
}
