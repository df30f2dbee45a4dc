import { dot, link, pointer, rect, ruleX, ruleY, text, tickX, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Table } from "../lib/csv";
import { signed as number } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Swatch, type SwatchShape } from "../parts/swatch";
import type { IntervalGroups, IntervalSeries } from "../types";

const COLOURS = ["var(--natural)", "var(--artificial)", "var(--third)", "var(--fourth)"];
const HOLLOW: ReadonlyArray<"diamond" | "square"> = ["diamond", "square"];
const LINE = 15;

interface Look {
  series: IntervalSeries;
  colour: string;
  shape: "dot" | "diamond" | "square";
}

/** A point with its interval for every series of every group, controls hollow. */
export function Body({ figure }: { figure: IntervalGroups }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const shown = looks(figure);
  const draws = shown.find(({ series }) => series.draws.some((each) => each.length > 0));
  return (
    <div class="ordinary">
      <Key>
        {shown.map(({ series, colour, shape }) => (
          <Swatch shape={shape as SwatchShape} colour={colour} hollow={series.role === "control"}>
            {series.name}
          </Swatch>
        ))}
        {draws && (
          <Swatch shape="tick" colour={draws.colour}>
            one draw
          </Swatch>
        )}
        {figure.band && (
          <Swatch shape="area" colour="var(--line)">
            {figure.band_label}
          </Swatch>
        )}
      </Key>
      <Chart
        label={`${figure.value_label} by ${figure.group_label.toLowerCase()}, ${figure.groups.length} rows; the numbers are in the CSV file.`}
        options={options}
      />
    </div>
  );
}

/** Controls take the grey of controls, or the colour of what they are a control of. */
function looks(figure: IntervalGroups): Look[] {
  const several = figure.series.filter((each) => each.role === "measured").length > 1;
  let measured = -1;
  let controls = 0;
  return figure.series.map((series) => {
    if (series.role === "measured") {
      measured += 1;
      controls = 0;
      return { series, colour: COLOURS[measured % COLOURS.length] ?? "", shape: "dot" };
    }
    const shape = HOLLOW[controls++ % HOLLOW.length] ?? "diamond";
    const own = COLOURS[Math.max(measured, 0) % COLOURS.length] ?? "";
    return { series, colour: several ? own : "var(--near-miss)", shape };
  });
}

interface Point {
  group: string;
  name: string;
  value: number;
  low: number | null;
  high: number | null;
}

function draw(figure: IntervalGroups, width: number): PlotOptions {
  const shown = looks(figure);
  const longest = Math.max(0, ...figure.groups.map((each) => each.length));
  // A long name stands over its row instead of beside it.
  const over = longest * 7 > width * 0.3;
  const present = (i: number) =>
    shown.filter(({ series }) => (series.estimates[i]?.value ?? null) !== null).length;
  const lines = Math.max(1, ...figure.groups.map((_, i) => present(i)));
  const row = lines * LINE + (over ? 26 : 12);
  const marks = shown.flatMap((look) => series(figure, look, shown, over));
  const points = shown.flatMap(({ series: each }) => pointsOf(figure, each));
  const { reference, band } = figure;
  const ends = points.flatMap((each) => [each.value, each.low ?? each.value, each.high ?? each.value]);
  const [least, most] = [Math.min(...ends, reference ?? Infinity), Math.max(...ends)];
  // The name of a line near the left edge is not cut off there.
  const atLeft = reference !== null && reference - least < (most - least) * 0.2;
  return {
    height: figure.groups.length * row + 62,
    marginTop: reference === null ? 10 : 26,
    marginBottom: 42,
    marginLeft: over ? 8 : longest * 7 + 16,
    marginRight: 18,
    x: { label: figure.value_label, ticks: Math.max(3, Math.floor(width / 110)), nice: true },
    y: { type: "band", label: null, domain: [...figure.groups], axis: over ? null : "left", padding: 0, tickSize: 0 },
    marks: [
      band === null ? null : rect([band], { x1: "low", x2: "high", fill: "var(--line)", fillOpacity: 0.5 }),
      ruleY(figure.groups.slice(1), { y: (each: string) => each, stroke: "var(--line)", dy: -row / 2, strokeOpacity: 0.8 }),
      reference === null
        ? null
        : ruleX([reference], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
      reference === null
        ? null
        : text([reference], {
            x: (each: number) => each,
            frameAnchor: "top",
            dy: -14,
            text: () => figure.reference_label,
            textAnchor: atLeft ? "start" : "middle",
            fill: "var(--soft)",
          }),
      over
        ? text(figure.groups, {
            y: (each: string) => each,
            frameAnchor: "left",
            textAnchor: "start",
            dy: -row / 2 + 11,
            text: (each: string) => each,
            fill: "currentColor",
          })
        : null,
      ...marks,
      tip(
        points,
        pointer({
          x: "value",
          y: "group",
          title: (each: Point) => `${each.group}\n${each.name}\n${interval(each)}`,
        }),
      ),
    ],
  };
}

function series(figure: IntervalGroups, look: Look, all: Look[], over: boolean) {
  const points = pointsOf(figure, look.series);
  // Rows that lack a series are not left with a hole for it.
  const shift = (group: string) => {
    const i = figure.groups.indexOf(group);
    const here = all.filter(({ series: each }) => (each.estimates[i]?.value ?? null) !== null);
    return (here.indexOf(look) - (here.length - 1) / 2) * LINE + (over ? 8 : 0);
  };
  const shifts = [...new Set(points.map((each) => shift(each.group)))];
  const draws = look.series.draws.flatMap((each, i) =>
    each.flatMap((value) => (value === null ? [] : [{ group: figure.groups[i] ?? "", value }])),
  );
  return shifts.flatMap((dy) => {
    const here = points.filter((each) => shift(each.group) === dy);
    const bars = here.filter((each) => each.low !== null && each.high !== null);
    return [
      tickX(
        draws.filter((each) => shift(each.group) === dy),
        { x: "value", y: "group", dy, stroke: look.colour, strokeOpacity: 0.35, ...tall(figure, all, over) },
      ),
      link(bars, { x1: "low", x2: "high", y1: "group", y2: "group", dy, stroke: look.colour, strokeWidth: 2 }),
      dot(here, {
        x: "value",
        y: "group",
        dy,
        r: 4.5,
        symbol: look.shape === "dot" ? "circle" : look.shape,
        stroke: look.colour,
        strokeWidth: 1.8,
        fill: look.series.role === "measured" ? look.colour : "var(--paper)",
      }),
    ];
  });
}

/** Ticks as high as one line of a row. */
function tall(figure: IntervalGroups, all: Look[], over: boolean) {
  const most = Math.max(
    1,
    ...figure.groups.map(
      (_, i) => all.filter(({ series: each }) => (each.estimates[i]?.value ?? null) !== null).length,
    ),
  );
  const inset = (most * LINE + (over ? 26 : 12) - 11) / 2;
  return { insetTop: inset, insetBottom: inset };
}

function pointsOf(figure: IntervalGroups, each: IntervalSeries): Point[] {
  return each.estimates.flatMap((estimate, i) =>
    estimate.value === null
      ? []
      : [{ group: figure.groups[i] ?? "", name: each.name, value: estimate.value, low: estimate.low, high: estimate.high }],
  );
}

function interval(each: Point): string {
  return each.low === null || each.high === null
    ? number(each.value)
    : `${number(each.value)} [${number(each.low)}, ${number(each.high)}]`;
}

export function table(figure: IntervalGroups): Table {
  const rows = figure.series.flatMap((each) =>
    figure.groups.flatMap((group, i) => {
      const { value = null, low = null, high = null } = each.estimates[i] ?? {};
      const draws = each.draws[i] ?? [];
      if (value === null && draws.length === 0) return [];
      return [
        [group, each.name, each.role, value, low, high],
        ...draws.map((draw) => [group, each.name, "draw", draw, null, null]),
      ];
    }),
  );
  return { header: ["group", "series", "role", "value", "low_95", "high_95"], rows };
}
