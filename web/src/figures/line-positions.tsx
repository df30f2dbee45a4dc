import { line, pointerX, rect, ruleX, ruleY, text, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, short } from "../lib/format";
import { direction } from "../lib/geometry";
import { opensByKey } from "../lib/units";
import { rounded, signed as number, signedBytes, signedValue } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { linePath, ShapeIcon } from "../parts/shape-icon";
import { Swatch } from "../parts/swatch";
import { UnitLink } from "../parts/unit";
import type { ArcCell, LinePositionsFigure, PositionsOfUnit } from "../types";

const CELL = 10;

interface Place {
  row: number;
  col: number;
}

/** A map of the lines that count most, and the values of all lines at one position. */
export function Body({ figure }: { figure: LinePositionsFigure }) {
  const [chosen, setChosen] = useState(0);
  const [place, setPlace] = useState<Place | null>(null);
  const [most, setMost] = useState(0);
  const unit = figure.units[chosen];
  const [, rows = 1, cols = 1] = unit?.values.shape ?? [];
  const at = place ?? (unit === undefined ? { row: 0, col: 0 } : middle(unit, rows, cols));
  const { row, col } = at;
  const options = useCallback(
    (width: number) => (unit === undefined ? {} : draw(figure, unit, { row, col }, width)),
    [figure, unit, row, col],
  );
  if (unit === undefined) return <p class="note">There is no unit.</p>;
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPlace({
      row: within(((event.clientY - box.top) / box.height) * rows, rows),
      col: within(((event.clientX - box.left) / box.width) * cols, cols),
    });
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, at, rows, cols);
    if (next === null) return;
    setPlace(next);
    event.preventDefault();
  };
  const strong = strongest(figure, unit, at);
  const spoken = `${where(figure, at)}: line of ${degrees(strong.angle)} ${strong.value < 0 ? "inhibits" : "excites"} most, ${number(strong.value)}`;
  return (
    <div class="positions">
      <Options
        label="Unit"
        class="positions-units"
        value={chosen}
        onChange={(next) => {
          setChosen(next);
          setPlace(null);
        }}
        options={figure.units.map((each) => ({
          name: `${each.unit.unit}, ${degrees(each.unit.orientation)}`,
          unit: each.unit.unit,
          content: (
            <>
              <ShapeIcon unit={each.unit} />
              <span>{short(each.unit.unit)}</span>
            </>
          ),
        }))}
      />
      <div class="positions-both">
        <div>
          <Options
            label="Of each position, the line that"
            value={most}
            onChange={setMost}
            options={[
              { name: "excites most", content: <Swatch shape="line" colour="var(--excite)">excites most</Swatch> },
              { name: "inhibits most", content: <Swatch shape="line" colour="var(--inhibit)">inhibits most</Swatch> },
            ]}
          />
          <div
            class="positions-map"
            role="slider"
            tabIndex={0}
            aria-label={`Positions of ${unit.unit.unit}`}
            aria-valuemin={1}
            aria-valuemax={rows * cols}
            aria-valuenow={row * cols + col + 1}
            aria-valuetext={spoken}
            onPointerDown={point}
            onPointerMove={(event) => event.buttons > 0 && point(event)}
            onKeyDown={press}
            {...opensByKey(unit.unit.unit)}
          >
            <Marks figure={figure} unit={unit} at={at} sign={most === 0 ? 1 : -1} />
          </div>
        </div>
        <div class="positions-chart">
          <p class="polar-name">
            <UnitLink unit={unit.unit.unit} />, {where(figure, at)}
          </p>
          <Key>
            <Swatch shape="line" colour="var(--natural)">
              by the weights
            </Swatch>
            {unit.drawn !== null && (
              <Swatch shape="dashed" colour="var(--artificial)">
                drawn
              </Swatch>
            )}
            <Swatch shape="area" colour="var(--line)">
              tolerance
            </Swatch>
          </Key>
          <Chart label={`${unit.unit.unit}, ${spoken}; the numbers are in the CSV file.`} options={options} />
          {unit.agreement !== null && (
            <p class="hint">
              Weights and drawn lines correlate by {number(rounded(unit.agreement))} on this unit’s
              arc.
            </p>
          )}
        </div>
      </div>
      <p class="hint" data-unprinted>
        Press on a position, or focus the map and move with the arrow keys.
      </p>
    </div>
  );
}

function Marks(props: { figure: LinePositionsFigure; unit: PositionsOfUnit; at: Place; sign: 1 | -1 }) {
  const { figure, unit, at, sign } = props;
  const [angles = 1, rows = 1, cols = 1] = unit.values.shape;
  const bytes = signedBytes(unit.values);
  let top = 1;
  for (const byte of bytes) top = Math.max(top, Math.abs(byte));
  const value = (a: number, i: number, j: number) => sign * (bytes[(a * rows + i) * cols + j] ?? 0);
  const drawn: string[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      let best = 0;
      for (let a = 1; a < angles; a++) if (value(a, i, j) > value(best, i, j)) best = a;
      const part = value(best, i, j) / top;
      if (part < 0.04) continue;
      const length = CELL * (0.2 + 0.75 * part);
      drawn.push(linePath(figure.angles[best] ?? 0, length, (j + 0.5) * CELL, (i + 0.5) * CELL));
    }
  }
  return (
    <svg
      viewBox={`0 0 ${cols * CELL} ${rows * CELL}`}
      style={{ "--hair": (cols * CELL) / 260 }}
      aria-hidden="true"
    >
      <rect class="positions-frame" width={cols * CELL} height={rows * CELL} />
      {figure.radius !== null && <path class="positions-arc" d={arc(figure, unit, rows, cols)} />}
      <path class={sign > 0 ? "excite" : "inhibit"} d={drawn.join("")} />
      <rect class="positions-cell" x={at.col * CELL} y={at.row * CELL} width={CELL} height={CELL} />
    </svg>
  );
}

/** The unit's arc through its centre, kept inside the map. */
function arc(figure: LinePositionsFigure, unit: PositionsOfUnit, rows: number, cols: number): string {
  const radius = figure.radius ?? 0;
  const [nx, ny] = direction(unit.unit.orientation);
  const points: string[] = [];
  let open = false;
  for (let turn = -180; turn <= 180; turn += 3) {
    const [dx, dy] = direction(unit.unit.orientation + turn);
    const x = ((radius * (dx - nx) - figure.right) / figure.pitch + 0.5) * CELL;
    const y = ((radius * (dy - ny) - figure.down) / figure.pitch + 0.5) * CELL;
    const inside = x >= 0 && y >= 0 && x <= cols * CELL && y <= rows * CELL;
    if (inside) points.push(`${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
    open = inside;
  }
  return points.join("");
}

function middle(unit: PositionsOfUnit, rows: number, cols: number): Place {
  const far = (each: Place) => Math.hypot(each.row - (rows - 1) / 2, each.col - (cols - 1) / 2);
  const near = [...unit.arc].sort((a, b) => far(a) - far(b))[0];
  return near ?? { row: Math.floor(rows / 2), col: Math.floor(cols / 2) };
}

function strongest(figure: LinePositionsFigure, unit: PositionsOfUnit, at: Place) {
  return figure.angles.reduce(
    (best, angle, a) => {
      const value = signedValue(unit.values, a, at.row, at.col) ?? 0;
      return Math.abs(value) > Math.abs(best.value) ? { angle, value } : best;
    },
    { angle: 0, value: 0 },
  );
}

function where(figure: LinePositionsFigure, at: Place): string {
  const right = Math.round(figure.right + figure.pitch * at.col);
  const down = Math.round(figure.down + figure.pitch * at.row);
  if (right === 0 && down === 0) return "at the centre";
  const parts = [
    right !== 0 && `${Math.abs(right)} px ${right < 0 ? "left" : "right"}`,
    down !== 0 && `${Math.abs(down)} px ${down < 0 ? "up" : "down"}`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** The line along the unit's arc at a position, where there is one. */
function tangentAt(figure: LinePositionsFigure, unit: PositionsOfUnit, at: Place): number | null {
  const cell = arcCell(unit, at);
  if (cell !== undefined) return cell.tangent;
  if (figure.radius === null) return null;
  const [nx, ny] = direction(unit.unit.orientation);
  const x = figure.right + figure.pitch * at.col + figure.radius * nx;
  const y = figure.down + figure.pitch * at.row + figure.radius * ny;
  return (((Math.atan2(y, x) * 180) / Math.PI) % 180 + 180) % 180;
}

function arcCell(unit: PositionsOfUnit, at: Place): ArcCell | undefined {
  return unit.arc.find((each) => each.row === at.row && each.col === at.col);
}

function draw(
  figure: LinePositionsFigure,
  unit: PositionsOfUnit,
  at: Place,
  width: number,
): PlotOptions {
  const tangent = tangentAt(figure, unit, at);
  const cell = arcCell(unit, at);
  const turn = (angle: number) =>
    tangent === null ? angle : ((((angle - tangent + 90) % 180) + 180) % 180) - 90;
  const read = (block: PositionsOfUnit["values"] | null) =>
    block === null
      ? []
      : figure.angles
          .flatMap((angle, a) => {
            const value = signedValue(block, a, at.row, at.col);
            return value === null ? [] : [{ angle: turn(angle), value }];
          })
          .sort((a, b) => a.angle - b.angle);
  const values = read(unit.values);
  const drawn = read(unit.drawn);
  const most = (points: typeof values) => Math.max(1e-12, ...points.map((each) => Math.abs(each.value)));
  const gain = most(values) / most(drawn);
  const scaledDrawn = drawn.map((each) => ({ ...each, value: each.value * gain }));
  const all = [...values, ...scaledDrawn].map((each) => each.value);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const room = (high - low) * 0.06;
  const shade =
    cell === undefined || cell.smaller === null || cell.larger === null
      ? []
      : [{ x1: -cell.smaller, x2: cell.larger }];
  return {
    height: Math.min(300, Math.max(230, width * 0.55)),
    marginLeft: 50,
    marginRight: 14,
    marginTop: 24,
    marginBottom: 42,
    x: {
      label: tangent === null ? "Normal of the line (°)" : "Degrees from the tangent",
      domain: tangent === null ? [0, 180] : [-90, 90],
      ticks: [-90, -45, 0, 45, 90, ...(tangent === null ? [135, 180] : [])].filter((each) => tangent !== null || each >= 0),
    },
    y: { label: "Value of the line", domain: [low - room, high + room], ticks: 5 },
    marks: [
      rect(shade, { x1: "x1", x2: "x2", y1: low - room, y2: high + room, fill: "var(--line)", fillOpacity: 0.55 }),
      ruleY([0], { stroke: "var(--soft)", strokeOpacity: 0.7 }),
      tangent === null ? null : ruleX([0], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
      tangent === null
        ? null
        : text([0], { x: (each: number) => each, frameAnchor: "top", dy: -12, text: () => `tangent ${degrees(tangent)}`, fill: "var(--soft)" }),
      line(scaledDrawn, { x: "angle", y: "value", stroke: "var(--artificial)", strokeDasharray: "4 3" }),
      line(values, { x: "angle", y: "value", stroke: "var(--natural)", strokeWidth: 2 }),
      tip(
        values,
        pointerX({
          x: "angle",
          y: "value",
          title: (each: { angle: number; value: number }) => `${degrees(each.angle)}\n${number(each.value)}`,
        }),
      ),
    ],
  };
}

function within(place: number, size: number): number {
  return Math.min(Math.max(Math.floor(place), 0), size - 1);
}

function moved(key: string, at: Place, rows: number, cols: number): Place | null {
  if (key === "ArrowLeft") return { ...at, col: within(at.col - 1, cols) };
  if (key === "ArrowRight") return { ...at, col: within(at.col + 1, cols) };
  if (key === "ArrowUp") return { ...at, row: within(at.row - 1, rows) };
  if (key === "ArrowDown") return { ...at, row: within(at.row + 1, rows) };
  if (key === "Home") return { ...at, col: 0 };
  if (key === "End") return { ...at, col: cols - 1 };
  return null;
}

export function table(figure: LinePositionsFigure): Table {
  return {
    header: ["unit", "right_px", "down_px", "tangent_deg", "on_arc", "angle_deg", "value", "drawn"],
    rows: figure.units.flatMap((unit) => {
      const [angles = 0, rows = 0, cols = 0] = unit.values.shape;
      return Array.from({ length: rows * cols * angles }, (_, n) => {
        const at = { row: Math.floor(n / (cols * angles)), col: Math.floor(n / angles) % cols };
        const a = n % angles;
        return [
          unit.unit.unit,
          rounded(figure.right + figure.pitch * at.col),
          rounded(figure.down + figure.pitch * at.row),
          rounded(tangentAt(figure, unit, at)),
          arcCell(unit, at) === undefined ? "no" : "yes",
          figure.angles[a] ?? null,
          rounded(signedValue(unit.values, a, at.row, at.col)),
          unit.drawn === null ? null : rounded(signedValue(unit.drawn, a, at.row, at.col)),
        ];
      });
    }),
  };
}
