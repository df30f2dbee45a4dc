import type { Table } from "../lib/csv";
import { number, percent } from "../lib/format";
import { curvePath, direction } from "../lib/geometry";
import { rounded, signedBytes, signedValue } from "../lib/signed";
import { opens } from "../lib/units";
import { Key } from "../parts/key";
import { Swatch } from "../parts/swatch";
import { UnitLink } from "../parts/unit";
import type { BuiltUnit, DownstreamFigure } from "../types";

const LEAST = 0.25;
const CELL = 10;
const LEVELS = [
  [LEAST, 0.5],
  [0.5, 0.75],
  [0.75, 2],
] as const;

/** Units of the later layer by shape, each with its arcs. */
export function Body({ figure }: { figure: DownstreamFigure }) {
  const shapes = figure.counts.filter((each) => figure.units.some((unit) => unit.shape === each.shape));
  if (shapes.length === 0) return <p class="note">No unit was given a shape.</p>;
  return (
    <>
      <Key>
        <Swatch shape="line" colour="var(--excite)">
          a curve there excites
        </Swatch>
        <Swatch shape="line" colour="var(--inhibit)">
          it inhibits
        </Swatch>
      </Key>
      {shapes.map(({ shape, units }) => {
        const shown = figure.units.filter((each) => each.shape === shape);
        return (
          <section class="built">
            <h3>
              {shape[0]?.toUpperCase()}
              {shape.slice(1)}{" "}
              <span class="soft">
                ({units}
                {shown.length < units && `, the best ${shown.length}`})
              </span>
            </h3>
            <div class="built-units">
              {shown.map((unit) => (
                <Built figure={figure} unit={unit} />
              ))}
            </div>
          </section>
        );
      })}
    </>
  );
}

function Built({ figure, unit }: { figure: DownstreamFigure; unit: BuiltUnit }) {
  const about = `${unit.unit}, ${unit.shape}: score ${number(unit.score)}, by chance ${number(unit.score_chance)}; ${percent(unit.share)} of its weights are on curves, by chance ${percent(unit.share_chance)}${unit.place === null ? "" : `; place ${unit.place} when drawn`}`;
  const [, rows = 1, cols = 1] = unit.weights.shape;
  const found = arcs(figure, unit);
  return (
    <div class="polar" title={about}>
      <svg class="rings" viewBox={frame(found, rows, cols)} role="img" aria-label={about} {...opens(unit.unit)}>
        {([-1, 1] as const).map((sign) =>
          LEVELS.map(([low, high]) => (
            <path
              class={sign > 0 ? "excite" : "inhibit"}
              stroke-width={0.6 + 1.3 * low}
              stroke-opacity={0.25 + 0.75 * low}
              d={found
                .filter((each) => each.sign === sign && each.size >= low && each.size < high)
                .map((each) => each.d)
                .join("")}
            />
          )),
        )}
      </svg>
      <p class="polar-name">
        <UnitLink unit={unit.unit} /> {unit.score.toFixed(2)}
      </p>
      <p class="polar-echo">by chance {unit.score_chance.toFixed(2)}</p>
      {unit.place !== null && <p class="polar-echo">drawn: {ordinal(unit.place)} of {figure.counts.length}</p>}
      {unit.branch !== null && (
        <p class="polar-echo" title={unit.branch}>
          {unit.branch}
        </p>
      )}
    </div>
  );
}

/** Of each position the curve that excites most and the one that inhibits most. */
function arcs(figure: DownstreamFigure, unit: BuiltUnit) {
  const [curves = 0, rows = 0, cols = 0] = unit.weights.shape;
  const bytes = signedBytes(unit.weights);
  let top = 1;
  for (const byte of bytes) top = Math.max(top, Math.abs(byte));
  const value = (k: number, i: number, j: number) => (bytes[(k * rows + i) * cols + j] ?? 0) / top;
  const found: Arc[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      for (const sign of [-1, 1] as const) {
        let best = 0;
        for (let k = 1; k < curves; k++) if (sign * value(k, i, j) > sign * value(best, i, j)) best = k;
        const size = sign * value(best, i, j);
        if (size < LEAST) continue;
        const angle = figure.curves[best]?.orientation ?? 0;
        // Moved towards its normal, so that two opposite arcs do not cross.
        const [nx, ny] = direction(angle);
        const [x, y] = [j * CELL + CELL / 2 + 1.6 * nx, i * CELL + CELL / 2 + 1.6 * ny];
        const d = curvePath(angle, 2 + 2.6 * size, x, y, 4 + 6.5 * size);
        found.push({ d, sign, size, row: i, col: j });
      }
    }
  }
  return found.sort((a, b) => a.size - b.size);
}

interface Arc {
  d: string;
  sign: 1 | -1;
  size: number;
  row: number;
  col: number;
}

/** The part of the field that holds every arc, the same to all sides of its middle. */
function frame(found: Arc[], rows: number, cols: number): string {
  const far = Math.max(
    2,
    ...found.flatMap(({ row, col }) => [Math.abs(row - (rows - 1) / 2), Math.abs(col - (cols - 1) / 2)]),
  );
  const side = (2 * far + 1) * CELL + 2;
  return `${(cols * CELL - side) / 2} ${(rows * CELL - side) / 2} ${side} ${side}`;
}

function ordinal(place: number): string {
  const ends: Record<number, string> = { 1: "st", 2: "nd", 3: "rd" };
  return `${place}${ends[place] ?? "th"}`;
}

export function table(figure: DownstreamFigure): Table {
  return {
    header: [
      "unit", "shape", "score", "score_chance", "share", "share_chance", "place_drawn", "branch",
      "curve", "row", "column", "weight",
    ],
    rows: figure.units.flatMap((unit) => {
      const [curves = 0, rows = 0, cols = 0] = unit.weights.shape;
      return Array.from({ length: curves * rows * cols }, (_, n) => {
        const k = Math.floor(n / (rows * cols));
        const [i, j] = [Math.floor(n / cols) % rows, n % cols];
        return [
          unit.unit, unit.shape, unit.score, unit.score_chance, unit.share, unit.share_chance,
          unit.place, unit.branch, figure.curves[k]?.unit ?? null, i, j,
          rounded(signedValue(unit.weights, k, i, j)),
        ];
      });
    }),
  };
}
