import { areaY, dot, line, pointer, ruleX, ruleY, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees } from "../lib/format";
import { curvePath } from "../lib/geometry";
import { rounded, signedValue } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Pictures, useSprite } from "../parts/sprite";
import { Swatch } from "../parts/swatch";
import type { Estimate, NaturalTuningFigure, OrientedUnit, TurnedResponses } from "../types";
import "./dataset-quilt.css";
import "./natural-tuning.css";

type On = TurnedResponses["on"];
type Of = TurnedResponses["of"];
const KINDS: ReadonlyArray<On> = ["strongest", "random"];
const TITLES: Record<Of, string> = { natural: "Natural units", artificial: "Artificial units" };
const LOOKS = { natural: "var(--natural)", artificial: "var(--artificial)" } as const;

/** Responses of the family while one unit's crops turn, and how far off every pair peaks. */
export function Body({ figure }: { figure: NaturalTuningFigure }) {
  const [at, setAt] = useState(0);
  const [kind, setKind] = useState(0);
  const on = KINDS[kind] ?? "strongest";
  const shown = figure.responses.filter((each) => each.on === on);
  return (
    <div class="tuning">
      <Options
        label="Turned are the crops of"
        value={at}
        onChange={setAt}
        options={figure.units.map((unit) => ({
          name: `${unit.unit}, ${degrees(unit.orientation)}`,
          unit: unit.unit,
          content: (
            <>
              <ShapeIcon unit={unit} />
              <span>{short(unit)}</span>
            </>
          ),
        }))}
      />
      <Options
        label="Crops"
        value={kind}
        onChange={setKind}
        options={[
          { name: "its strongest", content: "its strongest" },
          { name: "random ones, a control", content: "random ones, a control" },
        ]}
      />
      {on === "strongest" ? (
        <Strongest figure={figure} chooser={at} />
      ) : (
        <p class="tuning-about">As many crops, from random places of random photographs.</p>
      )}
      <div class="tuning-sides">
        {shown.map((responses) => (
          <section key={responses.of}>
            <h3>{TITLES[responses.of]}</h3>
            <Curves figure={figure} responses={responses} chooser={at} />
          </section>
        ))}
      </div>
      <h3>How far off every pair of units peaks</h3>
      <Key>
        {shown.map(({ of }) => (
          <Swatch shape={of === "natural" ? "dot" : "diamond"} colour={LOOKS[of]}>
            {TITLES[of].toLowerCase()}
          </Swatch>
        ))}
      </Key>
      <Errors figure={figure} shown={shown} on={on} />
      <Means figure={figure} />
    </div>
  );
}

const short = (unit: OrientedUnit) => unit.unit.slice(unit.unit.lastIndexOf(":") + 1);

function Strongest({ figure, chooser }: { figure: NaturalTuningFigure; chooser: number }) {
  const picture = useSprite(figure.sprite);
  const count = figure.crops[chooser] ?? 0;
  const cells = useMemo(() => {
    const first = figure.crops.slice(0, chooser).reduce((a, b) => a + b, 0);
    return Array.from({ length: count }, (_, k) => first + k);
  }, [figure, chooser, count]);
  const name = figure.units[chooser]?.unit ?? "";
  if (figure.sprite === null || count === 0) return <p class="tuning-about">{name} answers in no photograph.</p>;
  return (
    <div class="tuning-crops" style={`--crops:${count}`}>
      <Pictures
        sprite={figure.sprite}
        picture={picture}
        cells={cells}
        across={count}
        round
        label={`The ${count} crops that ${name} answers most, before they are turned`}
      />
    </div>
  );
}

interface Sample {
  unit: string;
  turn: number;
  value: number;
  colour: string;
  own: boolean;
  spoken: string;
}

function Curves(props: { figure: NaturalTuningFigure; responses: TurnedResponses; chooser: number }) {
  const { figure, responses, chooser } = props;
  const options = useCallback(
    (width: number): PlotOptions => {
      const samples = figure.units.flatMap((unit, j) => samplesOf(figure, responses, chooser, unit, j));
      const top = Math.max(1, ...samples.map((each) => each.value));
      const marks = figure.units.map((unit) => ({ unit, turn: expected(figure, chooser, unit) }));
      const ticks = width < 420 ? [0, 90, 180, 270, 360] : [0, 45, 90, 135, 180, 225, 270, 315, 360];
      return {
        height: 290,
        marginTop: 66,
        marginLeft: 46,
        marginRight: 20,
        marginBottom: 42,
        x: {
          label: "Turn of the crops, clockwise",
          labelAnchor: "center",
          labelArrow: "none",
          domain: [0, 360],
          ticks,
          tickFormat: (each: number) => `${each}°`,
        },
        y: { label: null, domain: [0, top], ticks: [0, 0.5, 1], tickFormat: (each: number) => `${100 * each}%` },
        marks: [
          ruleY([0], { stroke: "var(--line)" }),
          ruleX(marks, { x: "turn", y1: 0, y2: top, stroke: "var(--line)" }),
          // Under lines of one colour each, the choosing unit's own is filled.
          areaY(samples.filter((each) => each.own), { x: "turn", y: "value", fill: "colour", fillOpacity: 0.14 }),
          line(samples, { x: "turn", y: "value", z: "unit", stroke: "colour", strokeWidth: 2, strokeLinejoin: "round" }),
          (_index, scales) => icons(marks, (turn) => Number(scales.scales.x?.apply(turn) ?? 0)),
          tip(samples, pointer({ x: "turn", y: "value", title: "spoken" })),
        ],
      };
    },
    [figure, responses, chooser],
  );
  const name = figure.units[chooser]?.unit ?? "";
  return (
    <Chart
      label={`Responses of ${figure.units.length} ${TITLES[responses.of].toLowerCase()} while ${responses.on} crops of ${name} turn round the circle; the numbers are in the CSV file.`}
      options={options}
    />
  );
}

function samplesOf(
  figure: NaturalTuningFigure,
  { values }: TurnedResponses,
  chooser: number,
  unit: OrientedUnit,
  j: number,
): Sample[] {
  const count = figure.turns.length;
  return Array.from({ length: count + 1 }, (_, t) => t).flatMap((t) => {
    // A whole turn ends where it began.
    const value = signedValue(values, chooser, t % count, j);
    const turn = figure.turns[t] ?? 360;
    if (value === null) return [];
    const spoken = `${unit.unit}, ${degrees(unit.orientation)}\n${Math.round(100 * value)}% at ${degrees(turn)}`;
    return [{ unit: unit.unit, turn, value, colour: colourOf(unit.orientation), own: j === chooser, spoken }];
  });
}

/** Hue goes round with orientation; lightness is the theme's. */
const colourOf = (orientation: number) => `hsl(${Math.round(orientation)} 65% var(--tuning-light))`;

function expected(figure: NaturalTuningFigure, chooser: number, unit: OrientedUnit): number {
  const from = figure.units[chooser]?.orientation ?? 0;
  return (((unit.orientation - from) % 360) + 360) % 360;
}

const SVG = "http://www.w3.org/2000/svg";

/** Each unit's curve above the turn at which it should peak, one above another where they meet. */
function icons(marks: ReadonlyArray<{ unit: OrientedUnit; turn: number }>, x: (turn: number) => number): SVGGElement {
  const group = document.createElementNS(SVG, "g");
  const ends = [-Infinity, -Infinity, -Infinity];
  for (const { unit, turn } of [...marks].sort((a, b) => a.turn - b.turn)) {
    const at = x(turn);
    const free = ends.findIndex((end) => at - end > 17);
    const row = free < 0 ? ends.indexOf(Math.min(...ends)) : free;
    ends[row] = at;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", curvePath(unit.orientation, 6.5, at, 52 - 19 * row, 13));
    path.setAttribute("fill", "none");
    path.setAttribute("stroke", colourOf(unit.orientation));
    path.setAttribute("stroke-width", "2.2");
    path.setAttribute("stroke-linecap", "round");
    group.append(path);
  }
  return group;
}

interface Off {
  turn: number;
  off: number;
  of: Of;
  spoken: string;
}

function Errors(props: { figure: NaturalTuningFigure; shown: ReadonlyArray<TurnedResponses>; on: On }) {
  const { figure, shown, on } = props;
  const options = useCallback(
    (width: number): PlotOptions => {
      const points = shown.flatMap((responses) => pairsOf(figure, responses));
      return {
        height: 240,
        marginLeft: 52,
        marginRight: 20,
        marginBottom: 42,
        x: {
          label: "Turn at which a unit should peak",
          labelAnchor: "center",
          labelArrow: "none",
          domain: [0, 360],
          ticks: width < 420 ? [0, 90, 180, 270, 360] : [0, 45, 90, 135, 180, 225, 270, 315, 360],
          tickFormat: (each: number) => `${each}°`,
        },
        y: {
          label: null,
          domain: [-180, 180],
          ticks: [-180, -90, 0, 90, 180],
          tickFormat: (each: number) => `${String(each).replace("-", "−")}°`,
        },
        marks: [
          ruleY([0], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
          ...(["natural", "artificial"] as const).map((of) =>
            dot(
              points.filter((each) => each.of === of),
              {
                x: "turn",
                y: "off",
                r: 3,
                symbol: of === "natural" ? "circle" : "diamond",
                stroke: LOOKS[of],
                fill: of === "natural" ? LOOKS[of] : "none",
                fillOpacity: 0.45,
              },
            ),
          ),
          tip(points, pointer({ x: "turn", y: "off", title: "spoken" })),
        ],
      };
    },
    [figure, shown],
  );
  const label = `Degrees by which each unit peaks beside where it should on ${on} crops of each other unit; the means are in the table, the numbers in the CSV file.`;
  return (
    <div class="ordinary">
      <Chart label={label} options={options} />
    </div>
  );
}

/** Pairs of different units that have a peak. */
function pairsOf(figure: NaturalTuningFigure, { of, peaks }: TurnedResponses): Off[] {
  const n = figure.units.length;
  return figure.units.flatMap((one, i) =>
    figure.units.flatMap((other, j) => {
      const peak = peaks[i * n + j] ?? null;
      if (peak === null || i === j) return [];
      const turn = expected(figure, i, other);
      const off = ((((peak - turn + 180) % 360) + 360) % 360) - 180;
      const spoken = `${TITLES[of].replace(/s$/, "")} for ${other.unit}, crops of ${one.unit}\npeaks at ${degrees(peak)}, should at ${degrees(turn)}`;
      return [{ turn, off, of, spoken }];
    }),
  );
}

function Means({ figure }: { figure: NaturalTuningFigure }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Mean errors of peaks">
      <table>
        <thead>
          <tr>
            <th scope="col">Peaks are off by</th>
            <th scope="col" class="numeric">strongest crops</th>
            <th scope="col" class="numeric">exchanged</th>
            <th scope="col" class="numeric">random crops</th>
          </tr>
        </thead>
        <tbody>
          {figure.errors.map((each) => (
            <tr>
              <th scope="row">{TITLES[each.of].toLowerCase()}</th>
              {[each.error, each.shuffled, each.random].map((found) => (
                <Cell found={found} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ found: { value, low, high } }: { found: Estimate }) {
  if (value === null) return <td class="numeric">–</td>;
  const digits = value < 9.95 ? 1 : 0;
  return (
    <td class="numeric">
      {value.toFixed(digits)}°
      {low !== null && high !== null && (
        <span class="interval soft">
          {low.toFixed(digits)} to {high.toFixed(digits)}
        </span>
      )}
    </td>
  );
}

export function table(figure: NaturalTuningFigure): Table {
  const n = figure.units.length;
  const none = (length: number) => Array.from({ length }, () => null);
  const columns = figure.turns.map((turn) => `at_${Number(turn.toFixed(2))}_deg`);
  return {
    header: [
      "part", "of", "crops", "chosen_by", "unit", "orientation_deg", "expected_deg", "peak_deg", "error_deg",
      "low_95", "high_95", ...columns,
    ],
    rows: [
      ...figure.errors.flatMap(({ of, error, shuffled, random }) =>
        ([["strongest", error], ["strongest, orientations exchanged", shuffled], ["random", random]] as const).map(
          ([on, { value, low, high }]) => [
            "mean", of, on, ...none(5), rounded(value), rounded(low), rounded(high), ...none(columns.length),
          ],
        ),
      ),
      ...figure.responses.flatMap(({ of, on, values, peaks }) =>
        figure.units.flatMap((chooser, i) =>
          figure.units.map((unit, j) => [
            "unit", of, on, chooser.unit, unit.unit, rounded(unit.orientation), rounded(expected(figure, i, unit)),
            rounded(peaks[i * n + j] ?? null), null, null, null,
            ...figure.turns.map((_, t) => rounded(signedValue(values, i, t, j))),
          ]),
        ),
      ),
    ],
  };
}
