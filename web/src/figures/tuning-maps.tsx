import { useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, number, pixels, short } from "../lib/format";
import { useMedia } from "../lib/hooks";
import { bytes, peak, value } from "../lib/map2d";
import { directory, opens, opensByKey } from "../lib/units";
import { type Cell, Heatmap } from "../parts/heatmap";
import { CurveIcon, Strip } from "../parts/icons";
import { Mark } from "../parts/key";
import { Ramp } from "../parts/ramp";
import type { TuningMap, TuningMaps, UnitPair } from "../types";

type Cursor = Cell & { pair: number };

/** Orientation × radius, one row a pair of units, natural beside artificial. */
export function Body({ figure }: { figure: TuningMaps }) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const [together, setTogether] = useState(false);
  const rows = useRef<HTMLDivElement>(null);
  const narrow = useMedia("(max-width: 760px)");
  const wide = useMedia("(min-width: 1060px)");
  const both = figure.artificial.length > 0;
  const natural = new Map(figure.natural.map((each) => [each.unit, each]));
  const artificial = new Map(figure.artificial.map((each) => [each.unit, each]));
  const tops = { natural: strongest(figure.natural), artificial: strongest(figure.artificial) };

  const columns = narrow || !both ? 1 : 2;
  const strip = <Strip radii={figure.radii} columns={wide ? 30 : 16} />;
  return (
    <div class={`maps columns-${columns}`}>
      <div class="maps-top">
        <ColourKey together={together} setTogether={setTogether} />
      </div>
      <div class="pair strips" aria-hidden="true">
        {Array.from({ length: columns }, (_, i) => (
          <>
            <span />
            <div>
              <p class="label family">
                {columns === 1 && both ? (
                  <>
                    <Natural /> above <Artificial />
                  </>
                ) : i === 0 ? (
                  <Natural />
                ) : (
                  <Artificial />
                )}
              </p>
              {strip}
            </div>
          </>
        ))}
      </div>
      <div
        ref={rows}
        onPointerLeave={() => {
          if (!rows.current?.contains(document.activeElement)) setCursor(null);
        }}
      >
        {figure.pairs.map((pair, index) => {
          const left = natural.get(pair.natural);
          const right = pair.artificial === null ? undefined : artificial.get(pair.artificial);
          if (left === undefined) throw new Error(`${pair.natural} has no map`);
          return (
            <Pair
              pair={pair}
              natural={left}
              artificial={right}
              tops={together ? tops : null}
              radii={figure.radii}
              cursor={cursor}
              active={cursor?.pair === index}
              first={(cursor?.pair ?? 0) === index}
              move={(cell) => setCursor(cell === null ? null : { ...cell, pair: index })}
              step={(by) => {
                const next = rows.current?.children[index + by];
                if (next instanceof HTMLElement) next.focus();
              }}
            />
          );
        })}
      </div>
      <div class="pair axis" aria-hidden="true">
        {Array.from({ length: columns }, () => (
          <>
            <span />
            <div>
              {[0, 90, 180, 270].map((angle) => (
                <span style={{ left: `${angle / 3.6}%` }}>{angle}°</span>
              ))}
              <span style={{ left: "100%" }}>360°</span>
            </div>
          </>
        ))}
      </div>
      <p class="hint" data-unprinted>
        Point at a map, or focus a row and move with the arrow keys (with Shift ten steps at once;
        Page Up and Page Down change the row).
        {directory() !== null && " Press on a map or its name to open the unit; in a row, Enter opens the natural one, Shift and Enter the other."}
      </p>
    </div>
  );
}

function Natural() {
  return (
    <span>
      <Mark mark="natural" /> Natural
    </span>
  );
}

function Artificial() {
  return (
    <span>
      <Mark mark="artificial" /> Artificial
    </span>
  );
}

function ColourKey(props: { together: boolean; setTogether: (together: boolean) => void }) {
  const { together, setTogether } = props;
  return (
    <>
      <div class="scale">
        <span>0</span>
        <Ramp />
        <span>{together ? "strongest unit’s peak" : "unit’s own peak"}</span>
      </div>
      <label class="choice" data-unprinted>
        <input
          type="checkbox"
          checked={together}
          onChange={(event) => setTogether(event.currentTarget.checked)}
        />
        one scale for each family
      </label>
    </>
  );
}

function Pair(props: {
  pair: UnitPair;
  natural: TuningMap;
  artificial: TuningMap | undefined;
  tops: { natural: number; artificial: number } | null;
  radii: ReadonlyArray<number>;
  cursor: Cursor | null;
  active: boolean;
  first: boolean;
  move: (cell: Cell | null) => void;
  step: (by: number) => void;
}) {
  const { natural, artificial, tops, radii, cursor, active, move } = props;
  const { rows, cols } = natural.map;
  const cell: Cell = active && cursor !== null ? cursor : peak(natural.map);
  const angle = (360 * cell.col) / cols;
  const values = [natural, artificial]
    .filter((each) => each !== undefined)
    .map((each) => ({ unit: each.unit, value: number(value(each.map, cell.row, cell.col)) }));
  const spoken = `${degrees(angle)}, radius ${pixels(radii[cell.row] ?? 0)}: ${values
    .map((each) => `${each.unit} ${each.value}`)
    .join(", ")}`;
  const press = (event: KeyboardEvent) => {
    const by = event.shiftKey ? 10 : 1;
    if (event.key === "PageUp") props.step(-1);
    else if (event.key === "PageDown") props.step(1);
    else {
      const next = moved(event.key, cell, by, rows, cols);
      if (next === null) return;
      move(next);
    }
    event.preventDefault();
  };
  const map = (each: TuningMap, top: number | undefined) => (
    <Heatmap
      map={each.map}
      top={top ?? peak(each.map).value}
      col={cursor?.col ?? null}
      row={active ? (cursor?.row ?? null) : null}
      onPoint={move}
      unit={each.unit}
    />
  );
  return (
    <div
      class="pair"
      role="slider"
      tabIndex={props.first ? 0 : -1}
      aria-label={`Responses of ${[natural, artificial].map((each) => each?.unit).filter(Boolean).join(" and ")}`}
      aria-valuemin={0}
      aria-valuemax={360}
      aria-valuenow={Math.round(angle)}
      aria-valuetext={spoken}
      onKeyDown={press}
      onFocus={() => move(cell)}
      onBlur={() => move(null)}
      {...opensByKey(natural.unit, artificial?.unit)}
    >
      <Name unit={natural.unit} orientation={natural.orientation} />
      {map(natural, tops?.natural)}
      {artificial !== undefined && (
        <>
          <Name unit={artificial.unit} orientation={artificial.orientation} />
          {map(artificial, tops?.artificial)}
        </>
      )}
      {active && (
        <div class="readout" data-unprinted aria-hidden="true">
          <span>
            <CurveIcon angle={angle} />
            {degrees(angle)}
          </span>
          <span>{pixels(radii[cell.row] ?? 0)}</span>
          {values.map((each, i) => (
            <span>
              <Mark mark={i === 0 ? "natural" : "artificial"} /> {each.unit}{" "}
              <b>{each.value}</b>
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

function Name({ unit, orientation }: { unit: string; orientation: number }) {
  return (
    <div class="name" {...opens(unit)}>
      <CurveIcon angle={orientation} />
      <span class="unit" title={unit}>
        {short(unit)}
      </span>
      <span class="angle">{degrees(orientation)}</span>
    </div>
  );
}

function moved(key: string, cell: Cell, by: number, rows: number, cols: number): Cell | null {
  const row = (to: number) => ({ ...cell, row: Math.min(Math.max(to, 0), rows - 1) });
  const col = (to: number) => ({ ...cell, col: (to + cols) % cols });
  if (key === "ArrowLeft") return col(cell.col - by);
  if (key === "ArrowRight") return col(cell.col + by);
  if (key === "ArrowUp") return row(cell.row + by);
  if (key === "ArrowDown") return row(cell.row - by);
  if (key === "Home") return col(0);
  if (key === "End") return col(cols - 1);
  return null;
}

function strongest(maps: ReadonlyArray<TuningMap>): number {
  return Math.max(0, ...maps.map((each) => peak(each.map).value));
}

export function table(figure: TuningMaps): Table {
  const families = { natural: figure.natural, artificial: figure.artificial };
  const rows = Object.entries(families).flatMap(([family, maps]) =>
    maps.flatMap(({ unit, map }) =>
      Array.from(bytes(map), (each, i) => {
        const radius = figure.radii[Math.floor(i / map.cols)] ?? null;
        const angle = (360 * (i % map.cols)) / map.cols;
        return [family, unit, angle, radius, Number((each * map.scale).toPrecision(4))];
      }),
    ),
  );
  return { header: ["family", "unit", "orientation_deg", "radius_px", "response"], rows };
}
