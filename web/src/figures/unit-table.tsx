import type { Table } from "../lib/csv";
import { degrees, number, percent, pixels } from "../lib/format";
import { CurveIcon } from "../parts/icons";
import { Mark } from "../parts/key";
import { type Column, Sortable } from "../parts/sortable";
import { UnitLink } from "../parts/unit";
import type { UnitRow, UnitTable } from "../types";

const COLUMNS: ReadonlyArray<Column<UnitRow>> = [
  {
    name: "Unit",
    value: (row) => row.unit,
    show: (row) => (
      <span class="with-icon">
        <CurveIcon angle={row.orientation} />
        <UnitLink unit={row.unit} />
      </span>
    ),
  },
  {
    name: "Family",
    value: (row) => row.family,
    show: (row) => (
      <>
        <Mark mark={row.family} /> {row.family}
      </>
    ),
  },
  { name: "Kind", value: (row) => row.kind },
  {
    name: "Orientation",
    numeric: true,
    value: (row) => row.orientation,
    show: (row) => degrees(row.orientation),
  },
  { name: "Radius", numeric: true, value: (row) => row.radius, show: (row) => pixels(row.radius) },
  { name: "FWHM", numeric: true, value: (row) => row.fwhm, show: (row) => degrees(row.fwhm) },
  { name: "Echo", numeric: true, value: (row) => row.echo, show: (row) => percent(row.echo) },
  { name: "±90°", numeric: true, value: (row) => row.at90, show: (row) => percent(row.at90) },
  { name: "Peak", numeric: true, value: (row) => row.peak, show: (row) => number(row.peak) },
];

/** The units of both families and their statistics. */
export function Body({ figure }: { figure: UnitTable }) {
  return <Sortable label="Table of the units" columns={COLUMNS} rows={figure.rows} />;
}

export function table(figure: UnitTable): Table {
  return {
    header: [
      "unit", "family", "kind", "orientation_deg", "radius_px", "fwhm_deg", "echo_of_peak",
      "at90_of_peak", "peak",
    ],
    rows: figure.rows.map((row) => COLUMNS.map((column) => column.value(row))),
  };
}
