import { areaY, dot, link, lineY, pointer, ruleY, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Table } from "../lib/csv";
import { rounded, signed as number, signedValue } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Swatch } from "../parts/swatch";
import { Tiles } from "../parts/tile";
import type { Estimate, MatrixPair } from "../types";
import { Body as Matrix, table as matrixTable } from "./weight-matrix";
import "./circuit-pair.css";

/** Both matrices, what their tiles sum to by angle, and how alike they are. */
export function Body({ figure }: { figure: MatrixPair }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  return (
    <div class="pair">
      <div class="pair-matrices">
        {(["natural", "artificial"] as const).map((side) => (
          <section aria-label={`${side} weights`}>
            <h3>
              {side === "natural" ? "Natural" : "Artificial"}{" "}
              <span class="soft">
                {figure[side].targets.length} × {figure[side].sources.length}
              </span>
            </h3>
            <Matrix figure={figure[side]} of={side === "natural" ? "" : "artificial "} />
          </section>
        ))}
      </div>
      <h3>Sum of a tile by angle</h3>
      <Key>
        <Swatch shape="dot" colour="var(--natural)">
          natural
        </Swatch>
        <Swatch shape="diamond" colour="var(--artificial)">
          artificial
        </Swatch>
        {figure.published_sums.length > 0 && (
          <Swatch shape="dashed" colour="var(--soft)">
            published artificial
          </Swatch>
        )}
      </Key>
      <Chart
        label={`Mean sum of a tile by the angle from target to source, ${figure.angles.length} angles; the numbers are in the CSV file.`}
        options={options}
      />
      <div class="pair-tiles">
        {figure.tiles.map((each) => (
          <div>
            <Tiles block={each.tile} only={[0, 0]} />
            <p>{each.name}</p>
          </div>
        ))}
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Correlations">
        <table class="likeness">
          <thead>
            <tr>
              <th scope="col">Correlation of</th>
              <th scope="col">measured</th>
              <th scope="col">exchanged</th>
              <th scope="col">p</th>
            </tr>
          </thead>
          <tbody>
            {figure.likeness.map((each) => (
              <tr>
                <th scope="row">{each.what}</th>
                <td>{interval(each.measured)}</td>
                <td>
                  {each.control === null
                    ? "–"
                    : `${fixed(each.control.low)} to ${fixed(each.control.high)}`}
                </td>
                <td>{number(Number(each.p.toPrecision(2)))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface Point {
  name: string;
  angle: number;
  value: number;
  low: number | null;
  high: number | null;
}

/** From −half to half the period, where the middle of the chart is the same orientation. */
function points(figure: MatrixPair, name: string, sums: ReadonlyArray<Estimate>): Point[] {
  const half = figure.period / 2;
  const all = sums.flatMap(({ value, low, high }, i) => {
    const angle = figure.angles[i] ?? 0;
    if (value === null) return [];
    return [{ name, angle: angle >= half ? angle - figure.period : angle, value, low, high }];
  });
  const ends = all.filter((each) => each.angle === -half);
  return [...all, ...ends.map((each) => ({ ...each, angle: half }))].sort((a, b) => a.angle - b.angle);
}

function draw(figure: MatrixPair, width: number): PlotOptions {
  const natural = points(figure, "natural", figure.natural_sums);
  const artificial = points(figure, "artificial", figure.artificial_sums);
  const published = points(
    figure,
    "published artificial",
    figure.published_sums.map((value) => ({ value, low: null, high: null })),
  );
  const half = figure.period / 2;
  const bars = (all: Point[]) => all.filter((each) => each.low !== null && each.high !== null);
  const step = width < 500 ? half / 2 : half / 6;
  return {
    height: 320,
    marginLeft: 48,
    marginBottom: 44,
    marginTop: 30,
    marginRight: 16,
    x: {
      label: "Angle from target to source",
      labelArrow: "none",
      labelAnchor: "center",
      domain: [-half, half],
      ticks: Array.from({ length: Math.round((2 * half) / step) + 1 }, (_, i) => i * step - half),
      tickFormat: (each: number) => `${Math.round(each)}°`.replace("-", "−"),
    },
    y: { label: "Mean sum, over the largest", labelArrow: "none", grid: true, ticks: 6 },
    marks: [
      ruleY([0], { stroke: "var(--soft)" }),
      areaY(bars(artificial), { x: "angle", y1: "low", y2: "high", fill: "var(--artificial)", fillOpacity: 0.15 }),
      lineY(published, { x: "angle", y: "value", stroke: "var(--soft)", strokeWidth: 2, strokeDasharray: "5 4" }),
      lineY(artificial, { x: "angle", y: "value", stroke: "var(--artificial)", strokeWidth: 1.5 }),
      lineY(natural, { x: "angle", y: "value", stroke: "var(--natural)", strokeWidth: 1.5 }),
      link(bars(natural), { x1: "angle", x2: "angle", y1: "low", y2: "high", stroke: "var(--natural)", strokeOpacity: 0.6 }),
      dot(artificial, { x: "angle", y: "value", r: 4, symbol: "diamond", fill: "var(--artificial)" }),
      dot(natural, { x: "angle", y: "value", r: 3.5, fill: "var(--natural)" }),
      tip(
        [...natural, ...artificial, ...published],
        pointer({
          x: "angle",
          y: "value",
          title: (each: Point) => `${each.name}\n${number(Number(each.angle.toFixed(1)))}°\n${interval(each)}`,
        }),
      ),
    ],
  };
}

export function fixed(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

export function interval(each: Estimate): string {
  if (each.value === null) return "–";
  return each.low === null || each.high === null
    ? fixed(each.value)
    : `${fixed(each.value)} [${fixed(each.low)}, ${fixed(each.high)}]`;
}

export function units(figure: MatrixPair): string[] {
  return [
    ...[...figure.natural.targets, ...figure.natural.sources].map((each) => each.unit),
    ...[...figure.artificial.targets, ...figure.artificial.sources].map((each) => `artificial ${each.unit}`),
  ];
}

export function table(figure: MatrixPair): Table {
  const none = [null, null, null] as const;
  const header = ["part", "what", "network", ...matrixTable(figure.natural).header.slice(2, 7), "value", "low_95", "high_95"];
  const empty = [null, null, null, null, null] as const;
  const rows = [
    ...figure.angles.flatMap((angle, i) =>
      (
        [
          ["natural", figure.natural_sums[i]],
          ["artificial", figure.artificial_sums[i]],
          ["published", { value: figure.published_sums[i] ?? null, low: null, high: null }],
        ] as const
      ).map(([name, each]) => [
        "sums", "mean sum over the largest", name, angle, null, null, null, null,
        rounded(each?.value ?? null), rounded(each?.low ?? null), rounded(each?.high ?? null),
      ]),
    ),
    ...figure.likeness.flatMap((each) => [
      ["correlation", each.what, null, ...empty, rounded(each.measured.value), rounded(each.measured.low), rounded(each.measured.high)],
      ["exchanged", each.what, null, ...empty, null, rounded(each.control?.low ?? null), rounded(each.control?.high ?? null)],
    ]),
    ...figure.tiles.flatMap((each) => {
      const [, , down = 1, across = 1] = each.tile.shape;
      return Array.from({ length: down * across }, (_, i) => {
        const [row, col] = [Math.floor(i / across), i % across];
        return ["tile", "same orientation", each.name, 0, null, row, col, rounded(signedValue(each.tile, 0, 0, row, col)), ...none];
      });
    }),
    ...(["natural", "artificial"] as const).flatMap((side) =>
      matrixTable(figure[side]).rows.map((row) => ["weights", `${row[1]} to ${row[0]}`, side, ...row.slice(2, 7), ...none]),
    ),
  ];
  return { header, rows };
}
