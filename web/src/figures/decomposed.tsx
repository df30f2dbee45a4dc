import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, percent, short } from "../lib/format";
import { useMedia } from "../lib/hooks";
import { usePicture } from "../lib/picture";
import { rounded, signed } from "../lib/signed";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Pictures, useSprite } from "../parts/sprite";
import type { DecomposedFigure, DecomposedGrid, DecomposedUnitView, GridCell } from "../types";
import "../circuits.css";
import "./decomposed.css";

const GAP = 2;
/** What pictures with opacity stand before: light strokes and dark ones are both seen on it. */
const GROUND = { light: "rgb(191 191 191)", dark: "rgb(112 112 112)" } as const;

/** A grid of pictures for each earlier layer; the cell in hand is enlarged beside the unit. */
export function Body({ figure }: { figure: DecomposedFigure }) {
  const [chosen, setChosen] = useState(0);
  const unit = figure.units[chosen];
  return (
    <div class="decomposed">
      {figure.units.length > 1 && (
        <Options
          label="Unit"
          value={chosen}
          onChange={setChosen}
          options={figure.units.map(({ shape }) => ({
            name: `${shape.unit}, ${degrees(shape.orientation)}`,
            unit: shape.unit,
            content: (
              <>
                <ShapeIcon unit={shape} />
                <span>{short(shape.unit)}</span>
              </>
            ),
          }))}
        />
      )}
      {unit !== undefined && <Unit unit={unit} key={unit.shape.unit} />}
      <p class="hint" data-unprinted>
        Point at a cell, or focus a grid and move with the arrow keys.
      </p>
    </div>
  );
}

function Unit({ unit }: { unit: DecomposedUnitView }) {
  const [active, setActive] = useState(0);
  const [places, setPlaces] = useState(() => unit.grids.map(strongest));
  const grid = unit.grids[active];
  const cell = grid?.cells[places[active] ?? 0];
  return (
    <>
      <div class="decomposed-grids" style={`--grids:${unit.grids.length}`}>
        {unit.grids.map((each, k) => (
          <Grid
            key={each.layer}
            unit={unit}
            grid={each}
            place={places[k] ?? 0}
            active={k === active}
            onFocus={() => setActive(k)}
            onPlace={(next) => {
              setActive(k);
              setPlaces((all) => all.map((old, i) => (i === k ? next : old)));
            }}
          />
        ))}
      </div>
      {grid !== undefined && cell !== undefined && <Panel unit={unit} grid={grid} cell={cell} place={places[active] ?? 0} />}
    </>
  );
}

function Grid(props: {
  unit: DecomposedUnitView;
  grid: DecomposedGrid;
  place: number;
  active: boolean;
  onFocus: () => void;
  onPlace: (place: number) => void;
}) {
  const { unit, grid, place, active } = props;
  const { rows, columns } = grid;
  const canvas = useRef<HTMLCanvasElement>(null);
  const sheet = useSheet(grid);
  useEffect(() => {
    if (canvas.current !== null && sheet !== null) paint(canvas.current, grid, sheet);
  }, [grid, sheet]);
  const [row, column] = [Math.floor(place / columns), place % columns];
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const down = within(((event.clientY - box.top) / box.height) * rows, rows);
    const across = within(((event.clientX - box.left) / box.width) * columns, columns);
    props.onPlace(down * columns + across);
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, row, column, grid);
    if (next === null) return;
    props.onPlace(next);
    event.preventDefault();
  };
  const side = cellSide(grid);
  return (
    <section aria-label={`${grid.layer} of ${unit.shape.unit}`}>
      <h3>
        <span title={grid.layer}>{grid.layer}</span>
        <span class="soft">
          {rows} × {columns}
        </span>
      </h3>
      <div
        class="decomposed-grid"
        role="slider"
        tabIndex={0}
        aria-label={`Cells of ${unit.shape.unit} on ${grid.layer}`}
        aria-valuemin={1}
        aria-valuemax={rows * columns}
        aria-valuenow={place + 1}
        aria-valuetext={spoken(grid, place)}
        onPointerMove={point}
        onPointerDown={point}
        onKeyDown={press}
        onFocus={props.onFocus}
      >
        <canvas ref={canvas} width={columns * (side + GAP) - GAP} height={rows * (side + GAP) - GAP} />
        <i
          data-unprinted
          class={active ? "chosen" : undefined}
          style={`left:${(100 * column) / columns}%;top:${(100 * row) / rows}%;width:${100 / columns}%;height:${100 / rows}%`}
        />
      </div>
    </section>
  );
}

/** The cell in hand, its numbers, and where it looks on the unit's own picture. */
function Panel(props: { unit: DecomposedUnitView; grid: DecomposedGrid; cell: GridCell; place: number }) {
  const { unit, grid, cell, place } = props;
  const own = useSprite(unit.picture);
  const sheet = useSheet(grid);
  const canvas = useRef<HTMLCanvasElement>(null);
  const first = useMemo(() => [0], []);
  const side = grid.sprite?.side ?? 1;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, side, side);
    if (sheet === null || grid.sprite === null || cell.picture === null) return;
    context.drawImage(sheet, ...source(grid.sprite.columns, side, cell.picture), side, side, 0, 0, side, side);
  }, [sheet, grid, cell, side]);
  const middle = unit.pixels / 2;
  const box = { x: middle - 0.5 + cell.left, y: middle - 0.5 + cell.top, width: cell.width, height: cell.height };
  const field = { x: middle - unit.width / 2, y: middle - unit.height / 2, width: unit.width, height: unit.height };
  return (
    <div class="decomposed-panel">
      <div>
        <p>
          <span class="unit">{unit.shape.unit}</span>
        </p>
        <div class="decomposed-own">
          <Pictures
            sprite={unit.picture}
            picture={own}
            cells={first}
            across={1}
            label={`Feature visualization of ${unit.shape.unit}; the cell sees ${seen(cell)} of it`}
          />
          <svg viewBox={`0 0 ${unit.pixels} ${unit.pixels}`} aria-hidden="true">
            <rect class="decomposed-field" {...field} />
            <rect class="decomposed-halo" {...box} />
            <rect class="decomposed-box" {...box} />
          </svg>
        </div>
      </div>
      <div>
        <p>{name(grid, place)}</p>
        <canvas
          class="decomposed-large"
          ref={canvas}
          width={side}
          height={side}
          role="img"
          aria-label={cell.picture === null ? "No picture: the cell is too weak" : `What the cell asks of ${grid.layer}`}
        />
      </div>
      <dl>
        <Fact name="Sees">{seen(cell)}</Fact>
        <Fact name="Norm">
          {signed(cell.norm)}, {percent(cell.opacity)} of the grid’s longest
        </Fact>
        <Fact name="Energy">{percent(cell.share)} of the grid’s</Fact>
        <Fact name="Positive weights">{signed(cell.positive)}</Fact>
        <Fact name="Negative weights">{signed(cell.negative)}</Fact>
      </dl>
    </div>
  );
}

function Fact(props: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

/** The grid's pictures before an even ground; null until they are decoded. */
function useSheet(grid: DecomposedGrid): HTMLCanvasElement | null {
  const picture = usePicture(grid.sprite?.uri);
  const dark = useMedia("(prefers-color-scheme: dark)");
  return useMemo(() => {
    if (picture === null) return null;
    const sheet = document.createElement("canvas");
    sheet.width = picture.naturalWidth;
    sheet.height = picture.naturalHeight;
    const context = sheet.getContext("2d");
    if (context === null) return null;
    context.fillStyle = GROUND[dark ? "dark" : "light"];
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.drawImage(picture, 0, 0);
    return sheet;
  }, [picture, dark]);
}

function paint(canvas: HTMLCanvasElement, grid: DecomposedGrid, sheet: HTMLCanvasElement): void {
  const context = canvas.getContext("2d");
  if (context === null || grid.sprite === null) return;
  const side = cellSide(grid);
  const { columns, side: from } = grid.sprite;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  grid.cells.forEach((cell, k) => {
    if (cell.picture === null) return;
    const x = (k % grid.columns) * (side + GAP);
    const y = Math.floor(k / grid.columns) * (side + GAP);
    context.globalAlpha = cell.opacity;
    context.drawImage(sheet, ...source(columns, from, cell.picture), from, from, x, y, side, side);
  });
}

function source(columns: number, side: number, cell: number): [number, number] {
  return [(cell % columns) * side, Math.floor(cell / columns) * side];
}

/** Pixels of a cell on the canvas: enough for a screen of two to one. */
function cellSide(grid: DecomposedGrid): number {
  return Math.max(16, Math.round(540 / Math.max(grid.rows, grid.columns)) - GAP);
}

function strongest(grid: DecomposedGrid): number {
  return grid.cells.reduce((best, cell, k) => (cell.norm > (grid.cells[best]?.norm ?? 0) ? k : best), 0);
}

function name(grid: DecomposedGrid, place: number): string {
  return `${grid.layer}, row ${Math.floor(place / grid.columns) + 1}, column ${(place % grid.columns) + 1}`;
}

function seen({ top, left, height, width }: GridCell): string {
  const down = Math.round(top + (height - 1) / 2);
  const right = Math.round(left + (width - 1) / 2);
  const aside = [
    right !== 0 && `${Math.abs(right)} px ${right < 0 ? "left" : "right"}`,
    down !== 0 && `${Math.abs(down)} px ${down < 0 ? "up" : "down"}`,
  ].filter(Boolean);
  return `${height} × ${width} px, ${aside.length > 0 ? aside.join(", ") : "at the centre"}`;
}

function spoken(grid: DecomposedGrid, place: number): string {
  const cell = grid.cells[place];
  if (cell === undefined) return name(grid, place);
  const none = cell.picture === null ? "; too weak for a picture" : "";
  return `${name(grid, place)}: sees ${seen(cell)}; norm ${signed(cell.norm)}, ${percent(cell.share)} of the energy, positive ${signed(cell.positive)}, negative ${signed(cell.negative)}${none}`;
}

function within(place: number, size: number): number {
  return Math.min(Math.max(Math.floor(place), 0), size - 1);
}

function moved(key: string, row: number, column: number, { rows, columns }: DecomposedGrid): number | null {
  const at = (r: number, c: number) => within(r, rows) * columns + within(c, columns);
  if (key === "ArrowLeft") return at(row, column - 1);
  if (key === "ArrowRight") return at(row, column + 1);
  if (key === "ArrowUp") return at(row - 1, column);
  if (key === "ArrowDown") return at(row + 1, column);
  if (key === "Home") return at(row, 0);
  if (key === "End") return at(row, columns - 1);
  return null;
}

export function table(figure: DecomposedFigure): Table {
  const none = (length: number) => Array.from({ length }, () => null);
  return {
    header: [
      "part", "unit", "orientation_deg", "layer", "row", "column", "top_px", "left_px", "height_px", "width_px",
      "norm", "opacity", "share_of_energy", "positive", "negative", "picture", "neighbours_cosine", "random_order",
      "random_order_most", "permuted_weights", "permuted_weights_most",
    ],
    rows: figure.units.flatMap(({ shape, grids }) =>
      grids.flatMap((grid) => {
        const of = [shape.unit, rounded(shape.orientation), grid.layer];
        const { neighbours, shuffled, shuffled_most, permuted, permuted_most } = grid.alikeness;
        return [
          ["grid", ...of, ...none(12), ...[neighbours, shuffled, shuffled_most, permuted, permuted_most].map(rounded)],
          ...grid.cells.map((cell, k) => [
            "cell", ...of, Math.floor(k / grid.columns) + 1, (k % grid.columns) + 1, rounded(cell.top),
            rounded(cell.left), cell.height, cell.width, rounded(cell.norm), rounded(cell.opacity),
            rounded(cell.share), rounded(cell.positive), rounded(cell.negative),
            cell.picture === null ? "no" : "yes", ...none(5),
          ]),
        ];
      }),
    ),
  };
}
