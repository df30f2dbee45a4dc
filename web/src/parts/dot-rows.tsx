import { dot, link, pointer, ruleX, text, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback } from "preact/hooks";
import type { Estimate } from "../types";
import { Chart } from "./chart";

export interface Look {
  colour: string;
  shape: "circle" | "diamond" | "square" | "triangle";
  hollow: boolean;
  /** What it stands for. */
  name: string;
}

export interface DotRow {
  title: string;
  /** One for each look, in their order. */
  estimates: ReadonlyArray<Estimate>;
}

interface Point {
  title: string;
  look: Look;
  value: number;
  range: readonly [number, number] | null;
  spoken: string;
}

const ROW = 44;

/** Estimates with their intervals as dots, a row for each of several things. */
export function DotRows(props: {
  label: string;
  rows: ReadonlyArray<DotRow>;
  looks: ReadonlyArray<Look>;
  axis: string;
}) {
  const { label, rows, looks, axis } = props;
  const options = useCallback((width: number) => draw(rows, looks, axis, width), [rows, looks, axis]);
  return <Chart label={label} options={options} />;
}

function draw(rows: ReadonlyArray<DotRow>, looks: ReadonlyArray<Look>, axis: string, width: number): PlotOptions {
  const points = rows.flatMap(({ title, estimates }) =>
    looks.flatMap((look, i): Point[] => {
      const found = estimates[i];
      if (found === undefined || found.value === null) return [];
      const { value, low, high } = found;
      const range = low === null || high === null ? null : ([low, high] as const);
      const between = range === null ? "" : ` (${range.map(signed).join(" to ")})`;
      return [{ title, look, value, range, spoken: `${title}\n${look.name} ${signed(value)}${between}` }];
    }),
  );
  return {
    height: rows.length * ROW + 50,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 6,
    marginBottom: 44,
    x: { label: axis, labelAnchor: "center", labelArrow: "none", ticks: Math.max(3, Math.floor(width / 80)), nice: true },
    y: { type: "band", domain: rows.map((each) => each.title), axis: null, padding: 0 },
    marks: [
      ruleX([0], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
      text(rows, {
        y: "title",
        text: "title",
        frameAnchor: "left",
        textAnchor: "start",
        dx: 4,
        dy: -9,
        fill: "currentColor",
        stroke: "var(--paper)",
        strokeWidth: 4,
      }),
      link(
        points.filter((each) => each.range !== null),
        {
          x1: (each: Point) => each.range?.[0],
          x2: (each: Point) => each.range?.[1],
          y1: "title",
          y2: "title",
          dy: 9,
          stroke: (each: Point) => each.look.colour,
          strokeWidth: 3,
          strokeOpacity: 0.55,
        },
      ),
      ...looks.map((look) =>
        dot(
          points.filter((each) => each.look === look),
          {
            x: "value",
            y: "title",
            dy: 9,
            r: 4.5,
            symbol: look.shape,
            stroke: look.colour,
            strokeWidth: 1.8,
            fill: look.hollow ? "var(--paper)" : look.colour,
          },
        ),
      ),
      tip(points, pointer({ x: "value", y: "title", title: "spoken" })),
    ],
  };
}

const signed = (value: number) => value.toFixed(2).replace("-", "−");
