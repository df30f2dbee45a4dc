import type { Table } from "../lib/csv";
import { degrees, number, percent } from "../lib/format";
import { bytes } from "../lib/map2d";
import { polarPath } from "../lib/polar";
import { opens } from "../lib/units";
import { ShapeIcon } from "../parts/shape-icon";
import { UnitLink } from "../parts/unit";
import type { LineCurve, LineTunings, Map2D } from "../types";

const REACH = 46;
const ABOUT: Record<string, string> = {
  line: "Lines: one orientation",
  "line with an echo": "Lines with an echo: the perpendicular too",
  cliff: "Cliffs: sharp on one side, tolerant on the other",
};

/** Polar plots, a group for each label. */
export function Body({ figure }: { figure: LineTunings }) {
  const { curves } = figure;
  const labels = [...new Set(figure.units.map((each) => each.label))];
  if (curves === null) return <p class="note">No unit chooses between lines.</p>;
  return (
    <>
      {labels.map((label) => {
        const rows = figure.units.flatMap((unit, row) => (unit.label === label ? [{ unit, row }] : []));
        return (
          <section class="line-class">
            <h3>
              {ABOUT[label] ?? label} <span class="soft">({rows.length})</span>
            </h3>
            <div class="line-units">
              {rows.map(({ unit, row }) => (
                <Polar unit={unit} values={rowOf(curves, row)} />
              ))}
            </div>
          </section>
        );
      })}
    </>
  );
}

function Polar({ unit, values }: { unit: LineCurve; values: number[] }) {
  const about = `${unit.unit}: ${degrees(unit.orientation)}, ${degrees(unit.fwhm)} wide, echo ${percent(unit.echo)}, tolerance ${number(unit.tolerance)}`;
  return (
    <div class="polar" title={about}>
      {/* A normal and its opposite are the same line, so that every curve is drawn twice. */}
      <svg viewBox="-50 -50 100 100" role="img" aria-label={about} {...opens(unit.unit)}>
        <circle class="ring" r={REACH} />
        <circle class="ring" r={REACH / 2} />
        <path class="ring" d={`M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`} />
        <path class={`curve tuned ${unit.label.replaceAll(" ", "-")}`} d={polarPath([...values, ...values], REACH)} />
      </svg>
      <p class="polar-name with-shape">
        <ShapeIcon unit={{ unit: unit.unit, shape: "line", orientation: unit.orientation }} />
        <UnitLink unit={unit.unit}>{unit.unit.slice(unit.unit.lastIndexOf(":") + 1)}</UnitLink>{" "}
        {degrees(unit.orientation)}
      </p>
    </div>
  );
}

function rowOf(curves: Map2D, row: number): number[] {
  const all = bytes(curves);
  return Array.from({ length: curves.cols }, (_, i) => (all[row * curves.cols + i] ?? 0) * curves.scale);
}

export function table(figure: LineTunings): Table {
  const { curves } = figure;
  return {
    header: [
      "unit", "label", "orientation_deg", "fwhm_deg", "tolerance", "echo_of_peak", "peak",
      ...Array.from({ length: curves?.cols ?? 0 }, (_, i) => `at_${Number(((180 * i) / (curves?.cols ?? 1)).toFixed(2))}_deg`),
    ],
    rows: figure.units.map((each, row) => [
      each.unit, each.label, each.orientation, each.fwhm, each.tolerance, each.echo, each.peak,
      ...(curves === null ? [] : rowOf(curves, row).map((value) => Number(value.toPrecision(4)))),
    ]),
  };
}
