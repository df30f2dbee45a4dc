import { barX, dot, ruleX, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Table } from "../lib/csv";
import { Chart } from "../parts/chart";
import { Key, KeyItem } from "../parts/key";
import type { LayerScanFigure } from "../types";

/** Curve units of every layer searched, beside those of its permuted copies. */
export function Body({ figure }: { figure: LayerScanFigure }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  return (
    <div class="ordinary">
      <Key>
        <KeyItem mark="curves">curves</KeyItem>
        <KeyItem mark="early">early curves</KeyItem>
        <KeyItem mark="ring">curves in a permuted copy</KeyItem>
      </Key>
      <Chart
        label={`Curve units in ${figure.layers.length} layers: ${figure.layers
          .map((each) => `${each.layer} ${each.curves}`)
          .join(", ")}.`}
        options={options}
      />
    </div>
  );
}

function draw(figure: LayerScanFigure, width: number): PlotOptions {
  const names = figure.layers.map((each) => each.layer);
  const bars = figure.layers.flatMap((each) => [
    { layer: each.layer, units: each.curves, fill: "var(--natural)" },
    { layer: each.layer, units: each.early_curves, fill: "var(--early)" },
  ]);
  const copies = figure.layers.flatMap((each) =>
    each.permuted.map((units) => ({ layer: each.layer, units })),
  );
  const longest = Math.max(...names.map((name) => name.length));
  return {
    height: 60 + 20 * names.length,
    marginLeft: Math.min(width * 0.5, 18 + 7.4 * longest),
    marginBottom: 42,
    x: { label: "Units the rule takes", nice: true, tickFormat: (n: number) => (n % 1 ? "" : String(n)) },
    y: { label: null, domain: names, tickSize: 0 },
    marks: [
      barX(bars, { y: "layer", x: "units", fill: "fill", insetTop: 2, insetBottom: 2 }),
      ruleX([0], { stroke: "currentColor" }),
      dot(copies, { y: "layer", x: "units", r: 3, stroke: "var(--near-miss)", strokeWidth: 1.5 }),
    ],
  };
}

export function table(figure: LayerScanFigure): Table {
  return {
    header: ["layer", "tile_px", "curves", "early_curves", "permuted", "gap_deg"],
    rows: figure.layers.map((each) => [
      each.layer,
      each.tile,
      each.curves,
      each.early_curves,
      each.permuted.join(" "),
      each.gap,
    ]),
  };
}
