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
const FILLED: ReadonlyArray<"dot" | "square"> = ["dot", "square"];
const LINE = 15;
const LETTER = 7;

interface Look {
  series: IntervalSeries;
  colour: string;
  shape: "dot" | "diamond" | "square";
  /** What a control is, where its name is that of a measurement and this: “other units”. */
  suffix: string | null;
}

/** A point with its interval for every series of every group, controls hollow. */
export function Body({ figure }: { figure: IntervalGroups }) {
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const shown = looks(figure);
  // Controls of several measurements that differ by these alone need one entry of the key.
  const suffixes = new Set(shown.map((each) => each.suffix));
  const shared = shown.length > 2 && suffixes.size === 2 ? [...suffixes].find(Boolean) : undefined;
  const draws = shown.find(({ series }) => series.draws.some((each) => each.length > 0));
  return (
    <div class="ordinary">
      <Key>
        {shown
          .filter(({ suffix }) => suffix === null || shared === undefined)
          .map(({ series, colour, shape }) => (
            <Swatch shape={shape as SwatchShape} colour={colour} hollow={series.role === "control"}>
              {series.name}
            </Swatch>
          ))}
        {shared && (
          <Swatch shape="diamond" colour="var(--near-miss)" hollow>
            {shared}
          </Swatch>
        )}
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
  const count = (role: IntervalSeries["role"]) =>
    figure.series.filter((each) => each.role === role).length;
  const each = count("measured") > 1 && count("control") >= count("measured");
  let measured = -1;
  let controls = 0;
  let name = "";
  return figure.series.map((series) => {
    if (series.role === "measured") {
      measured += 1;
      controls = 0;
      name = series.name;
      const shape = FILLED[Math.floor(measured / COLOURS.length) % FILLED.length] ?? "dot";
      return { series, colour: COLOURS[measured % COLOURS.length] ?? "", shape, suffix: null };
    }
    const shape = HOLLOW[controls++ % HOLLOW.length] ?? "diamond";
    const own = COLOURS[Math.max(measured, 0) % COLOURS.length] ?? "";
    const suffix = series.name.startsWith(`${name}, `) ? series.name.slice(name.length + 2) : null;
    return { series, colour: each ? own : "var(--near-miss)", shape, suffix };
  });
}

/** Broken between words into lines of so many letters, where words are that short. */
function wrapped(name: string, letters: number): string[] {
  return name.split(" ").reduce<string[]>((lines, word) => {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= letters) {
      return [...lines.slice(0, -1), `${last} ${word}`];
    }
    return [...lines, word];
  }, []);
}

/** With a break in every word that is longer than so many letters. */
function chopped(name: string, letters: number): string {
  return name.replace(new RegExp(`\\S{${letters}}(?=\\S)`, "g"), "$& ");
}

/** Where the names of the rows stand and how high a row is. */
interface Layout {
  names: ReadonlyMap<string, string>;
  /** A name whose words are too long for the margin stands over its row. */
  over: boolean;
  margin: number;
  row: number;
}

function layout(figure: IntervalGroups, all: ReadonlyArray<Look>, width: number): Layout {
  const letters = Math.floor(Math.min(240, width * 0.36) / LETTER);
  const beside = figure.groups.map((each) => wrapped(each, letters));
  const longest = Math.max(0, ...beside.flat().map((each) => each.length));
  const over = longest > letters || beside.some((each) => each.length > 3);
  const most = Math.floor(width / (LETTER + 1));
  const lines = over ? figure.groups.map((each) => wrapped(chopped(each, most), most)) : beside;
  const high = Math.max(1, ...lines.map((each) => each.length)) * LINE;
  const points = Math.max(1, ...figure.groups.map((_, i) => present(all, i).length)) * LINE;
  return {
    names: new Map(figure.groups.map((each, i) => [each, lines[i]?.join("\n") ?? each])),
    over,
    margin: over ? 8 : longest * LETTER + 18,
    row: over ? points + high + 12 : Math.max(points, high) + 12,
  };
}

function present(all: ReadonlyArray<Look>, group: number): Look[] {
  return all.filter(({ series }) => (series.estimates[group]?.value ?? null) !== null);
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
  const place = layout(figure, shown, width);
  const { over, row } = place;
  const marks = shown.flatMap((look) => series(figure, look, shown, place));
  const points = shown.flatMap(({ series: each }) => pointsOf(figure, each));
  const { reference, band } = figure;
  const ends = points.flatMap((each) => [each.value, each.low ?? each.value, each.high ?? each.value]);
  const [least, most] = [Math.min(...ends, reference ?? Infinity), Math.max(...ends)];
  // The name of a line near the left edge is not cut off there.
  const atLeft = reference !== null && reference - least < (most - least) * 0.2;
  const atRight = reference !== null && most - reference < (most - least) * 0.15;
  return {
    height: figure.groups.length * row + 62,
    marginTop: reference === null ? 10 : 26,
    marginBottom: 42,
    marginLeft: place.margin,
    marginRight: 18,
    x: { label: figure.value_label, ticks: Math.max(3, Math.floor(width / 110)), nice: true },
    y: { type: "band", label: null, domain: [...figure.groups], axis: null, padding: 0 },
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
            textAnchor: atLeft ? "start" : atRight ? "end" : "middle",
            fill: "var(--soft)",
          }),
      text(figure.groups, {
        y: (each: string) => each,
        frameAnchor: "left",
        textAnchor: over ? "start" : "end",
        lineAnchor: over ? "top" : "middle",
        lineHeight: LINE / 13,
        dx: over ? 0 : -10,
        dy: over ? -row / 2 + 5 : 0,
        text: (each: string) => place.names.get(each) ?? each,
        fill: "currentColor",
        stroke: "var(--paper)",
        strokeWidth: 5,
      }),
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

function series(figure: IntervalGroups, look: Look, all: ReadonlyArray<Look>, place: Layout) {
  const points = pointsOf(figure, look.series);
  const { over, row } = place;
  const high = Math.max(...[...place.names.values()].map((each) => each.split("\n").length)) * LINE;
  // Rows that lack a series are not left with a hole for it.
  const shift = (group: string) => {
    const here = present(all, figure.groups.indexOf(group));
    return (here.indexOf(look) - (here.length - 1) / 2) * LINE + (over ? high / 2 : 0);
  };
  const shifts = [...new Set(points.map((each) => shift(each.group)))];
  // Ticks are as high as one line of a row.
  const inset = (row - 11) / 2;
  const draws = look.series.draws.flatMap((each, i) =>
    each.flatMap((value) => (value === null ? [] : [{ group: figure.groups[i] ?? "", value }])),
  );
  return shifts.flatMap((dy) => {
    const here = points.filter((each) => shift(each.group) === dy);
    const bars = here.filter((each) => each.low !== null && each.high !== null);
    return [
      tickX(
        draws.filter((each) => shift(each.group) === dy),
        { x: "value", y: "group", dy, stroke: look.colour, strokeOpacity: 0.35, insetTop: inset, insetBottom: inset },
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
