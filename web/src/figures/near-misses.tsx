import type { Table } from "../lib/csv";
import { degrees, percent } from "../lib/format";
import { type Column, Sortable } from "../parts/sortable";
import { UnitLink } from "../parts/unit";
import type { NearMiss, NearMisses } from "../types";

const COLUMNS: ReadonlyArray<Column<NearMiss>> = [
  { name: "Unit", value: (row) => row.unit, show: (row) => <UnitLink unit={row.unit} /> },
  { name: "Why it is left out", wide: true, value: (row) => row.reason },
  {
    name: "Orientation",
    numeric: true,
    value: (row) => row.orientation,
    show: (row) => degrees(row.orientation),
  },
  { name: "FWHM", numeric: true, value: (row) => row.fwhm, show: (row) => degrees(row.fwhm) },
  { name: "Echo", numeric: true, value: (row) => row.echo, show: (row) => percent(row.echo) },
  { name: "±90°", numeric: true, value: (row) => row.at90, show: (row) => percent(row.at90) },
];

/** Units just outside the rule, with the reason. */
export function Body({ figure }: { figure: NearMisses }) {
  if (figure.rows.length === 0) return null;
  // A finder need not state more than the reason.
  const columns = COLUMNS.filter((column) => figure.rows.some((row) => column.value(row) !== null));
  return <Sortable label="Table of the near misses" columns={columns} rows={figure.rows} />;
}

export function table(figure: NearMisses): Table {
  return {
    header: ["unit", "reason", "orientation_deg", "fwhm_deg", "echo_of_peak", "at90_of_peak"],
    rows: figure.rows.map((row) => COLUMNS.map((column) => column.value(row))),
  };
}
