import { groupX, ruleX, text, waffleY, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Table } from "../lib/csv";
import { Chart } from "../parts/chart";
import { Key, KeyItem } from "../parts/key";
import type { NullCounts } from "../types";

/** Units found on permuted copies beside the number found. */
export function Body({ figure }: { figure: NullCounts }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const most = Math.max(0, ...figure.counts);
  return (
    <div class="ordinary">
      <Key>
        {figure.counts.length > 0 && <KeyItem mark="copy">a permuted copy</KeyItem>}
        <KeyItem mark="network">this network</KeyItem>
      </Key>
      <Chart
        label={`${figure.found} units in this network, at most ${most} in ${figure.counts.length} permuted copies.`}
        options={options}
      />
    </div>
  );
}

function draw(figure: NullCounts, width: number): PlotOptions {
  const { found, counts } = figure;
  const last = Math.max(found, ...counts) + 1;
  const domain = Array.from({ length: last + 1 }, (_, i) => i);
  const every = Math.ceil(domain.length / (width / 34));
  return {
    height: 230,
    marginLeft: 44,
    marginBottom: 42,
    marginTop: 28,
    x: { label: "Units the rule takes", domain, ticks: domain.filter((i) => i % every === 0) },
    y: { label: "Copies", ticks: 5, tickFormat: (each: number) => (each % 1 ? "" : String(each)) },
    marks: [
      waffleY(counts, groupX({ y: "count" }, { x: (each: number) => each, fill: "var(--near-miss)" })),
      ruleX([found], { stroke: "var(--natural)", strokeWidth: 2 }),
      text([found], {
        x: (each: number) => each,
        frameAnchor: "top",
        dy: -16,
        text: () => `this network: ${found}`,
        fill: "var(--natural)",
        fontWeight: "600",
        textAnchor: found > last / 2 ? "end" : "start",
        dx: found > last / 2 ? 10 : -10,
      }),
    ],
  };
}

export function table(figure: NullCounts): Table {
  return {
    header: ["network", "units"],
    rows: [
      ["this network", figure.found],
      ...figure.counts.map((count, i): [string, number] => [`permuted copy ${i + 1}`, count]),
    ],
  };
}
