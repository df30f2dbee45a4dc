export type Cell = string | number | null;

/** A header and its rows. */
export interface Table {
  header: ReadonlyArray<string>;
  rows: ReadonlyArray<ReadonlyArray<Cell>>;
}

/** A table as CSV (RFC 4180); what is missing is an empty cell. */
export function csv(table: Table): string {
  const lines = [table.header, ...table.rows].map((row) => row.map(cell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet would run text that starts like this as a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
