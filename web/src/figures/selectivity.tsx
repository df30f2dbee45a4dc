import { dot, ruleX, ruleY, text, tip, pointer, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Table } from "../lib/csv";
import { percent } from "../lib/format";
import { Chart } from "../parts/chart";
import { Key, KeyItem } from "../parts/key";
import type { Selectivity, SelectivityPoint } from "../types";

const GROUPS = [
  ["natural", "natural", "circle"],
  ["artificial", "artificial", "diamond"],
  ["near miss", "near-miss", "times"],
] as const;

/** Echo against the response at right angles. */
export function Body({ figure }: { figure: Selectivity }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const shown = GROUPS.filter(([group]) => figure.points.some((each) => each.group === group));
  return (
    <div class="ordinary">
      <Key>
        {shown.map(([group, mark]) => (
          <KeyItem mark={mark}>{group}</KeyItem>
        ))}
      </Key>
      <Chart
        label={`Echo against response at right angles of ${figure.points.length} units; the numbers are in the CSV file.`}
        options={options}
        unitOf={(datum) => (datum as SelectivityPoint).unit}
      />
    </div>
  );
}

function draw(figure: Selectivity, width: number): PlotOptions {
  const { echo_limit, at90_limit } = figure;
  const points = [...figure.points];
  const x = (each: SelectivityPoint) => each.at90 * 100;
  const y = (each: SelectivityPoint) => each.echo * 100;
  const most = (values: number[], bound: number | null) =>
    Math.max(5, ...values, (bound ?? 0) * 115) * 1.05;
  const limit = { stroke: "var(--soft)", strokeDasharray: "3 3" };
  const right = most(points.map(x), at90_limit);
  // A name stands on the side of its mark where there is room for it.
  const names = (left: boolean) =>
    text(
      points.filter((each) => each.group === "near miss" && x(each) > 0.8 * right === left),
      {
        x,
        y,
        text: (each: SelectivityPoint) => shorten(each.unit),
        textAnchor: left ? "end" : "start",
        dx: left ? -9 : 9,
        fill: "var(--soft)",
      },
    );
  return {
    height: Math.min(360, Math.max(260, width * 0.55)),
    marginLeft: 44,
    marginBottom: 42,
    marginRight: 16,
    x: {
      label: "Response at ±90° (% of peak)",
      domain: [0, right],
      ticks: 6,
    },
    y: { label: "Echo (% of peak)", domain: [0, most(points.map(y), echo_limit)], ticks: 6 },
    marks: [
      ruleX([0], { stroke: "var(--line)" }),
      ruleY([0], { stroke: "var(--line)" }),
      at90_limit === null ? null : ruleX([at90_limit * 100], limit),
      echo_limit === null ? null : ruleY([echo_limit * 100], limit),
      ...GROUPS.map(([group, mark, symbol]) =>
        dot(
          points.filter((each) => each.group === group),
          {
            x,
            y,
            r: 5,
            symbol,
            stroke: `var(--${mark})`,
            strokeWidth: 1.6,
            fill: group === "natural" ? `var(--${mark})` : "none",
            fillOpacity: 0.25,
          },
        ),
      ),
      names(true),
      names(false),
      tip(
        points,
        pointer({
          x,
          y,
          title: (each: SelectivityPoint) =>
            `${each.unit}\n±90° ${percent(each.at90)}\necho ${percent(each.echo)}`,
        }),
      ),
    ],
  };
}

function shorten(unit: string): string {
  const letters = [...unit];
  return letters.length > 14 ? `${letters.slice(0, 13).join("")}…` : unit;
}

export function table(figure: Selectivity): Table {
  return {
    header: ["unit", "group", "echo_of_peak", "at90_of_peak"],
    rows: figure.points.map((each) => [each.unit, each.group, each.echo, each.at90]),
  };
}
