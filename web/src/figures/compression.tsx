import { dot, line, link, pointer, rect, ruleX, ruleY, text, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { number } from "../lib/format";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { Swatch } from "../parts/swatch";
import type { CompressedBlock, CompressedSize, Compression, Range } from "../types";

/** Numbers kept against variance explained, one block of weights at a time. */
export function Body({ figure }: { figure: Compression }) {
  const [chosen, setChosen] = useState(0);
  const block = figure.blocks[chosen];
  const { band } = figure;
  const options = useCallback(
    (width: number) => (block === undefined ? {} : draw(block, band, width)),
    [block, band],
  );
  if (block === undefined) return <p class="note">There is no block of weights.</p>;
  return (
    <div class="ordinary">
      {figure.blocks.length > 1 && (
        <Options
          label="Block of weights"
          value={chosen}
          onChange={setChosen}
          options={figure.blocks.map((each) => ({ name: each.name, content: each.name }))}
        />
      )}
      <Key>
        <Swatch shape="dot" colour="var(--natural)">
          turned template
        </Swatch>
        <Swatch shape="square" colour="var(--artificial)" hollow>
          SVD
        </Swatch>
        <Swatch shape="diamond" colour="var(--near-miss)" hollow>
          orientations shuffled
        </Swatch>
        <Swatch shape="area" colour="var(--line)">
          {band.low}–{band.high}×
        </Swatch>
      </Key>
      <Chart
        label={`R² against numbers kept for ${block.name}; the numbers are in the CSV file.`}
        options={options}
      />
      <p class="hint">
        {block.name}: {block.raw.toLocaleString("en")} weights; {factors(block)}.
      </p>
    </div>
  );
}

function factors(block: CompressedBlock): string {
  if (!block.holds) return "no more than shuffled orientations explain";
  const one = (each: CompressedBlock["factor"]) =>
    each.value === null
      ? "never"
      : each.low === null || each.high === null
        ? `${number(each.value)}×`
        : `${number(each.value)}× [${number(each.low)}, ${number(each.high)}]`;
  return `${Math.round(block.share * 100)}% of the best R² at ${one(block.factor)}, by the SVD ${one(block.svd_factor)}`;
}

interface Point {
  what: string;
  numbers: number;
  value: number;
  low: number;
  high: number;
}

function pointsOf(what: string, sizes: ReadonlyArray<CompressedSize>): Point[] {
  return sizes.flatMap(({ numbers, r2 }) =>
    r2.value === null
      ? []
      : [{ what, numbers, value: r2.value, low: r2.low ?? r2.value, high: r2.high ?? r2.value }],
  );
}

function draw(block: CompressedBlock, band: Range, width: number): PlotOptions {
  const template = pointsOf("template", block.template);
  const svd = pointsOf("SVD", block.svd);
  const best = template.reduce((a, b) => (b.value > a.value ? b : a), template[0] ?? svd[0] as Point);
  const shuffled = block.shuffled.flatMap((value) =>
    value === null ? [] : [{ what: "shuffled", numbers: best.numbers, value, low: value, high: value }],
  );
  const all = [...template, ...svd, ...shuffled];
  const least = Math.max(-0.5, Math.min(0, ...all.map((each) => each.low)));
  const most = Math.min(1, Math.max(0.1, ...all.map((each) => each.high)) * 1.08);
  const first = Math.min(...all.map((each) => each.numbers), block.raw / band.high);
  const lines = [
    { points: svd, colour: "var(--artificial)", symbol: "square", fill: "var(--paper)" },
    { points: template, colour: "var(--natural)", symbol: "circle", fill: "var(--natural)" },
  ] as const;
  const shade = { x1: block.raw / band.high, x2: block.raw / band.low };
  return {
    height: Math.min(400, Math.max(300, width * 0.6)),
    marginLeft: 46,
    marginRight: 22,
    marginTop: 30,
    marginBottom: 44,
    x: {
      type: "log",
      label: "Numbers kept",
      domain: [first * 0.85, block.raw * 1.1],
      ticks: Math.max(3, Math.floor(width / 130)),
      tickFormat: (each: number) => each.toLocaleString("en"),
    },
    y: { label: "R² of units left out", domain: [least, most], ticks: 6, clamp: true },
    marks: [
      rect([shade], { x1: "x1", x2: "x2", y1: least, y2: most, fill: "var(--line)", fillOpacity: 0.55 }),
      text([shade], {
        x: (each: typeof shade) => Math.sqrt(each.x1 * each.x2),
        frameAnchor: "top",
        dy: -12,
        text: () => `${band.low}–${band.high}×`,
        fill: "var(--soft)",
      }),
      ruleY([0], { stroke: "var(--soft)", strokeOpacity: 0.6 }),
      ruleX([block.raw], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
      text([block.raw], {
        x: (each: number) => each,
        frameAnchor: "top-right",
        dy: -18,
        text: () => "all weights",
        textAnchor: "end",
        fill: "var(--soft)",
      }),
      dot(shuffled, { x: "numbers", y: "value", symbol: "diamond", r: 3, stroke: "var(--near-miss)", strokeOpacity: 0.7 }),
      ...lines.flatMap(({ points, colour, symbol, fill }) => [
        line(points, { x: "numbers", y: "value", stroke: colour, strokeWidth: 1.5 }),
        link(points, { x1: "numbers", x2: "numbers", y1: "low", y2: "high", stroke: colour, strokeWidth: 1.6, strokeOpacity: 0.7 }),
        dot(points, { x: "numbers", y: "value", symbol, r: 4, stroke: colour, fill, strokeWidth: 1.6 }),
      ]),
      tip(
        all,
        pointer({
          x: "numbers",
          y: "value",
          title: (each: Point) =>
            `${each.what}: ${each.numbers.toLocaleString("en")} numbers\n${number(block.raw / each.numbers)} times fewer\nR² ${number(each.value)}`,
        }),
      ),
    ],
  };
}

export function table(figure: Compression): Table {
  return {
    header: ["block", "weights", "description", "numbers", "r2", "low_95", "high_95"],
    rows: figure.blocks.flatMap((block) => [
      ...(["template", "svd"] as const).flatMap((what) =>
        block[what].map(({ numbers, r2 }) => [block.name, block.raw, what, numbers, r2.value, r2.low, r2.high]),
      ),
      ...block.shuffled.map((value) => [block.name, block.raw, "shuffled", null, value, null, null]),
    ]),
  };
}
