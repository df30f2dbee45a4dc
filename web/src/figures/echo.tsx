import { dot, link, pointer, ruleY, text, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, number, percent, short } from "../lib/format";
import { bytes } from "../lib/map2d";
import { polarPath, sectorPath } from "../lib/polar";
import { opens } from "../lib/units";
import { Chart } from "../parts/chart";
import { Key, KeyItem } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Swatch } from "../parts/swatch";
import { UnitLink } from "../parts/unit";
import type { Echo, EchoRow } from "../types";

const REACH = 42;
const TOP = -90;

/** Radial tuning of every unit in the condition chosen, and echoes in all of them. */
export function Body({ figure }: { figure: Echo }) {
  const edited = figure.conditions.findIndex((each) => each.name === "without_opposing");
  const [chosen, setChosen] = useState(Math.max(edited, 0));
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const condition = figure.conditions[chosen];
  const network = figure.conditions[0];
  if (condition === undefined || network === undefined) {
    return <p class="note">Nothing was measured.</p>;
  }
  return (
    <div class="echo">
      <Options
        label="Weights kept (mean over units)"
        class="echo-conditions"
        value={chosen}
        onChange={setChosen}
        options={figure.conditions.map((each) => ({
          name: each.title,
          content: (
            <>
              <svg viewBox="-56 -56 112 112" aria-hidden="true">
                <Rings halfWidth={figure.half_width} />
                <path class="curve edited" d={outline(mean(figure, each))} />
              </svg>
              <span class="option-name">{each.title}</span>
              <span class="soft">echo {percent(each.mean_echo.value)}</span>
            </>
          ),
        }))}
      />
      <Key>
        <Swatch shape="line" colour="var(--natural)">
          {condition.title}
        </Swatch>
        <Swatch shape="dashed" colour="var(--soft)">
          the network
        </Swatch>
        <KeyItem mark="echo">where an echo would be</KeyItem>
      </Key>
      <div class="echo-units">
        {figure.units.map((unit, u) => (
          <div class="polar">
            <svg
              viewBox="-56 -56 112 112"
              role="img"
              aria-label={`${unit.unit}, ${condition.title}: echo ${percent(condition.echo[u] ?? null)}, at ±90° ${percent(condition.at90[u] ?? null)}`}
              {...opens(unit.unit)}
            >
              <Rings halfWidth={figure.half_width} />
              <path class="curve edited" d={outline(aligned(figure, condition, u))} />
              <path class="curve network" d={outline(aligned(figure, network, u))} />
            </svg>
            <p class="polar-name with-shape">
              <ShapeIcon unit={unit} />
              <UnitLink unit={unit.unit} title={unit.unit}>
                {short(unit.unit)}
              </UnitLink>
              {degrees(unit.orientation)}
            </p>
            <p class="polar-echo">
              {(condition.echo[u] ?? null) === null
                ? "silent"
                : `echo ${percent(condition.echo[u] ?? null)}`}
            </p>
            <p class="polar-echo">peak × {number(rounded(condition.peak[u] ?? null))}</p>
          </div>
        ))}
      </div>
      <div class="ordinary">
        <Key>
          <Swatch shape="dot" colour="var(--natural)">
            echo
          </Swatch>
          <Swatch shape="diamond" colour="var(--near-miss)" hollow>
            response at ±90°
          </Swatch>
        </Key>
        <Chart
          label={`Echo and response at ±90° of ${figure.units.length} units in ${figure.conditions.length} conditions; the numbers are in the CSV file.`}
          options={options}
          unitOf={(datum) => (datum as Point).unit}
        />
      </div>
    </div>
  );
}

function Rings({ halfWidth }: { halfWidth: number }) {
  return (
    <>
      <path class="sector" d={sectorPath(-TOP, halfWidth, REACH)} />
      <circle class="ring" r={REACH} />
      <circle class="ring" r={REACH / 2} />
      <path class="ring" d={`M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`} />
    </>
  );
}

function outline(values: ReadonlyArray<number>): string {
  return polarPath(values, REACH, TOP);
}

/** A unit's curve over its peak in the condition, its own orientation first. */
function aligned(figure: Echo, condition: EchoRow, unit: number): number[] {
  const { cols, scale } = condition.radial;
  const all = bytes(condition.radial);
  const peak = condition.peak[unit] ?? 0;
  const silent = (condition.echo[unit] ?? null) === null;
  const start = ((figure.units[unit]?.orientation ?? 0) / 360) * cols;
  return Array.from({ length: cols }, (_, i) => {
    if (silent || peak <= 0) return 0;
    const place = start + i;
    const low = Math.floor(place);
    const part = place - low;
    const at = (k: number) => all[unit * cols + (((k % cols) + cols) % cols)] ?? 0;
    return ((at(low) * (1 - part) + at(low + 1) * part) * scale) / peak;
  });
}

function mean(figure: Echo, condition: EchoRow): number[] {
  const heard = figure.units.map((_, u) => u).filter((u) => (condition.echo[u] ?? null) !== null);
  const curves = heard.map((u) => aligned(figure, condition, u));
  return Array.from(
    { length: condition.radial.cols },
    (_, i) => curves.reduce((sum, each) => sum + (each[i] ?? 0), 0) / Math.max(curves.length, 1),
  );
}

interface Point {
  condition: string;
  unit: string;
  what: string;
  value: number;
}

const ROW = 62;

function draw(figure: Echo, width: number): PlotOptions {
  const names = figure.conditions.map((each) => each.title);
  const points = (what: "echo" | "at90"): Point[] =>
    figure.conditions.flatMap((each) =>
      each[what].flatMap((value, u) =>
        value === null
          ? []
          : [{ condition: each.title, unit: figure.units[u]?.unit ?? "", what, value: value * 100 }],
      ),
    );
  const means = (what: "mean_echo" | "mean_at90") =>
    figure.conditions.flatMap((each) => {
      const { value, low, high } = each[what];
      return value === null
        ? []
        : [{ condition: each.title, value: value * 100, low: (low ?? value) * 100, high: (high ?? value) * 100 }];
    });
  const both = [
    { what: "echo", mean: "mean_echo", dy: 4, colour: "var(--natural)", symbol: "circle", name: "echo" },
    { what: "at90", mean: "mean_at90", dy: 18, colour: "var(--near-miss)", symbol: "diamond", name: "±90°" },
  ] as const;
  return {
    height: names.length * ROW + 56,
    marginLeft: 8,
    marginRight: 18,
    marginTop: 6,
    marginBottom: 42,
    x: { label: "Of the peak (%)", ticks: Math.max(4, Math.floor(width / 100)), zero: true, nice: true },
    y: { type: "band", axis: null, domain: names, padding: 0 },
    marks: [
      ruleY(names.slice(1), { y: (each: string) => each, dy: -ROW / 2, stroke: "var(--line)" }),
      text(names, {
        y: (each: string) => each,
        frameAnchor: "left",
        textAnchor: "start",
        dy: -ROW / 2 + 13,
        text: (each: string) => each,
        fill: "currentColor",
      }),
      ...both.flatMap(({ what, mean: key, dy, colour, symbol }) => [
        dot(points(what), {
          x: "value",
          y: "condition",
          dy,
          r: 3.4,
          symbol,
          stroke: colour,
          strokeOpacity: 0.75,
          fill: what === "echo" ? colour : "none",
          fillOpacity: 0.2,
        }),
        link(means(key), { x1: "low", x2: "high", y1: "condition", y2: "condition", dy, stroke: colour, strokeWidth: 3 }),
        dot(means(key), { x: "value", y: "condition", dy, r: 2.2, fill: "var(--paper)", stroke: colour, strokeWidth: 1.6 }),
      ]),
      tip(
        [...points("echo"), ...points("at90")],
        pointer({
          x: "value",
          y: "condition",
          title: (each: Point) =>
            `${each.unit}\n${each.what === "echo" ? "echo" : "±90°"} ${percent(each.value / 100)}`,
        }),
      ),
    ],
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(2));
}

export function table(figure: Echo): Table {
  return {
    header: ["condition", "unit", "orientation_deg", "peak_of_network", "echo_of_peak", "at90_of_peak"],
    rows: figure.conditions.flatMap((each) =>
      figure.units.map(({ unit, orientation }, u) => [
        each.title,
        unit,
        orientation,
        each.peak[u] ?? null,
        each.echo[u] ?? null,
        each.at90[u] ?? null,
      ]),
    ),
  };
}
