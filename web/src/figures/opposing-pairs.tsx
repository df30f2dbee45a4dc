import { dot, link, pointer, rect, ruleY, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useState } from "preact/hooks";
import type { Cell, Table } from "../lib/csv";
import { degrees, pixels, short } from "../lib/format";
import { rounded, signed as number, signedValue } from "../lib/signed";
import { Chart } from "../parts/chart";
import { ShapeIcon } from "../parts/shape-icon";
import { Tiles } from "../parts/tile";
import { PickerHint, TilePicker, type Place } from "../parts/tile-picker";
import type { AngleBand, OpposingPairs, OrientedUnit, PairedSource, PairedTarget } from "../types";
import "./turned.css";

const ROLES = ["most similar", "perpendicular", "most opposing"] as const;

/** Three sources of some units round the circle, and the weights of all pairs by angle. */
export function Body({ figure }: { figure: OpposingPairs }) {
  const { shown } = figure;
  const [place, setPlace] = useState<Place>({ row: 0, col: 0 });
  const options = useCallback((width: number) => draw(figure, width), [figure]);
  const row = shown[place.row];
  if (row === undefined) return <p class="note">There are no pairs.</p>;
  return (
    <div class="turned">
      <div class="matrix">
        <div class="matrix-main">
          <div class="matrix-grid paired" style={{ "--targets": shown.length }}>
            <span />
            <div class="matrix-columns" aria-hidden="true" style={{ "--sources": 3 }}>
              {ROLES.map((each) => (
                <span>{each}</span>
              ))}
            </div>
            <div class="matrix-rows">
              {shown.map(({ target }, i) => (
                <span class={i === place.row ? "chosen" : undefined}>
                  <Named unit={target} name={short(target.unit)} />
                </span>
              ))}
            </div>
            <TilePicker
              rows={shown.length}
              cols={3}
              place={place}
              onPlace={setPlace}
              label={`Pairs of ${shown.length} units`}
              spoken={({ row: r, col }) => {
                const each = shown[r];
                return each ? said(each, each.sources[col] ?? null, col) : "";
              }}
            >
              <div class="tile-cells" style={{ "--cols": 3 }}>
                {shown.flatMap((each, r) =>
                  each.sources.map((source, c) => (
                    <div>
                      {source === null ? (
                        <p class="soft none">none so near</p>
                      ) : (
                        <>
                          <Tiles block={figure.tiles} only={[r, c]} />
                          <p>
                            <ShapeIcon unit={source.source} />
                            <b>{number(source.sum)}</b>
                          </p>
                        </>
                      )}
                    </div>
                  )),
                )}
              </div>
            </TilePicker>
          </div>
        </div>
        <Large figure={figure} place={place} row={row} />
      </div>
      <div class="ordinary">
        <h3>All pairs</h3>
        <Chart
          label={`Sum of weights of ${figure.sums.length} pairs by how far apart their orientations are; the numbers are in the CSV file.`}
          options={options}
        />
      </div>
    </div>
  );
}

function Named({ unit, name }: { unit: OrientedUnit; name?: string }) {
  return (
    <>
      <ShapeIcon unit={unit} />
      <span class="unit">{name ?? unit.unit}</span> {degrees(unit.orientation)}
    </>
  );
}

function Large({ figure, place, row }: { figure: OpposingPairs; place: Place; row: PairedTarget }) {
  const source = row.sources[place.col] ?? null;
  const [, , down = 1, across = 1] = figure.tiles.shape;
  return (
    <div class="large">
      {source && <Tiles block={figure.tiles} only={[place.row, place.col]} />}
      <div class="large-text">
        <p>{source ? <Named unit={source.source} /> : "none so near"}</p>
        <p>
          <span class="soft">to</span>
          <Named unit={row.target} />
        </p>
        {source && (
          <>
            <p class="soft">
              {ROLES[place.col]}, {degrees(apart(figure, row.target, source))} apart
            </p>
            <p>
              sum <b>{number(source.sum)}</b>
            </p>
          </>
        )}
        <p class="soft">
          {down} × {across}, {pixels(figure.pitch)} apart
        </p>
        <PickerHint />
      </div>
    </div>
  );
}

function apart(figure: OpposingPairs, target: OrientedUnit, source: PairedSource): number | null {
  const t = figure.targets.indexOf(target.unit);
  const s = figure.sources.indexOf(source.source.unit);
  const found = figure.relative[t * figure.sources.length + s] ?? null;
  return found === null ? null : Math.abs(found);
}

function said(row: PairedTarget, source: PairedSource | null, col: number): string {
  return source === null
    ? `${row.target.unit}, no ${ROLES[col]} input`
    : `${source.source.unit} to ${row.target.unit}, ${source.role}, sum ${number(source.sum)}`;
}

interface Pair {
  name: string;
  apart: number;
  sum: number;
}

function draw(figure: OpposingPairs, width: number): PlotOptions {
  const { half } = figure;
  const count = figure.sources.length;
  const pairs = figure.sums.flatMap((sum, i): Pair[] => {
    const turn = figure.relative[i] ?? null;
    if (sum === null || turn === null) return [];
    const [source, target] = [figure.sources[i % count], figure.targets[Math.floor(i / count)]];
    const away = Math.abs(turn);
    return [{ name: `${source} to ${target}\n${degrees(away)} apart\nsum ${number(sum)}`, apart: away, sum }];
  });
  const bands = figure.bands.filter((each) => each.mean.value !== null);
  const value = (each: AngleBand) => each.mean.value;
  return {
    height: 320,
    marginLeft: 52,
    marginRight: 22,
    marginTop: 16,
    marginBottom: 44,
    x: {
      label: "Degrees apart",
      labelArrow: "none",
      labelAnchor: "center",
      domain: [0, half],
      ticks: Array.from({ length: 7 }, (_, i) => (half * i) / 6).filter((_, i) => width >= 500 || i % 3 === 0),
      tickFormat: (each: number) => `${each}°`,
    },
    y: { label: "Sum of weights", labelArrow: "none", grid: true, ticks: 6 },
    marks: [
      ruleY([0], { stroke: "var(--soft)" }),
      rect(
        bands.filter((each) => each.mean.low !== null && each.mean.high !== null),
        {
          x1: "low",
          x2: "high",
          y1: (each: AngleBand) => each.mean.low,
          y2: (each: AngleBand) => each.mean.high,
          insetLeft: 1,
          insetRight: 1,
          fill: "var(--natural)",
          fillOpacity: 0.22,
        },
      ),
      dot(pairs, { x: "apart", y: "sum", r: 2.5, fill: "var(--soft)", fillOpacity: 0.55 }),
      link(bands, { x1: "low", x2: "high", y1: value, y2: value, stroke: "var(--natural)", strokeWidth: 2.5 }),
      tip(pairs, pointer({ x: "apart", y: "sum", title: "name" })),
    ],
  };
}

export function table(figure: OpposingPairs): Table {
  const count = figure.sources.length;
  const [, , down = 1, across = 1] = figure.tiles.shape;
  const none = [null, null] as const;
  return {
    header: ["part", "target", "source", "relative_deg", "row", "column", "value", "low_95", "high_95"],
    rows: [
      ...figure.sums.map((sum, i): Cell[] => [
        "sum",
        figure.targets[Math.floor(i / count)] ?? null,
        figure.sources[i % count] ?? null,
        rounded(figure.relative[i] ?? null),
        ...none,
        rounded(sum),
        ...none,
      ]),
      ...figure.bands.map(({ low, high, mean }): Cell[] => [
        "mean of band", null, null, `${low} to ${high}`, ...none, rounded(mean.value), rounded(mean.low), rounded(mean.high),
      ]),
      ...figure.shown.flatMap(({ target, sources }, r) =>
        sources.flatMap((source, c) =>
          source === null
            ? []
            : Array.from({ length: down * across }, (_, i): Cell[] => {
                const [row, col] = [Math.floor(i / across), i % across];
                return [
                  "weight over the row's largest", target.unit, source.source.unit, apart(figure, target, source),
                  row, col, rounded(signedValue(figure.tiles, r, c, row, col)), ...none,
                ];
              }),
        ),
      ),
    ],
  };
}
