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

/** Three significant digits, without exponent where a reader can do without; thousands whole. */
export function number(value: number | null): string {
  if (value === null) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e9)) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** Numbers that are compared, all to the same place: three digits of the largest. */
export function together(values: ReadonlyArray<number>): string[] {
  const largest = Math.max(0, ...values.map(Math.abs));
  const digits = largest === 0 ? 0 : Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return values.map((each) => each.toLocaleString("en", style).replace(/^-(?=.*[1-9])/, "−").replace("-", ""));
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
