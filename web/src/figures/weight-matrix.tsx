import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, pixels } from "../lib/format";
import { rounded, signed as number, signedBytes, signedValue } from "../lib/signed";
import { directory, opens, opensByKey } from "../lib/units";
import { ShapeIcon } from "../parts/shape-icon";
import { SignedRamp, Tiles } from "../parts/tile";
import { UnitLink } from "../parts/unit";
import type { OrientedUnit, WeightMatrix } from "../types";

/** What stands before the addresses of the network that it is of, as `known` takes them. */
type Network = "" | "artificial ";

interface Place {
  row: number;
  col: number;
}

/** A tile of weights for every pair of units; one of them large, with its numbers. */
export function Body({ figure, of = "" }: { figure: WeightMatrix; of?: Network }) {
  const { targets, sources } = figure;
  const [place, setPlace] = useState<Place>(() => strongest(figure));
  const target = targets[place.row];
  const source = sources[place.col];
  if (target === undefined || source === undefined) return <p class="note">There are no weights.</p>;
  const top = largest(figure);
  const move = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPlace({
      row: within(((event.clientY - box.top) / box.height) * targets.length, targets.length),
      col: within(((event.clientX - box.left) / box.width) * sources.length, sources.length),
    });
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, place, targets.length, sources.length);
    if (next === null) return;
    setPlace(next);
    event.preventDefault();
  };
  const spoken = `${source.unit} to ${target.unit}, ${apartText(target, source)}, sum ${number(sum(figure, place))}`;
  return (
    <div class={sources.length > 24 ? "matrix wide" : "matrix"}>
      <div class="matrix-main">
        <div class="scale">
          <span>{number(-top)}</span>
          <SignedRamp />
          <span>{number(top)}</span>
        </div>
        <div class="scroll" tabIndex={0} role="region" aria-label="Tiles of weights">
          <div
            class="matrix-grid"
            style={{ "--sources": sources.length, "--targets": targets.length }}
          >
            <span />
            <div class="matrix-columns" aria-hidden="true">
              {sources.map((each, i) => (
                <span class={i === place.col ? "chosen" : undefined} {...opens(of + each.unit)}>
                  <ShapeIcon unit={each} />
                </span>
              ))}
            </div>
            <div class="matrix-rows" aria-hidden="true">
              {targets.map((each, i) => (
                <span class={i === place.row ? "chosen" : undefined} {...opens(of + each.unit)}>
                  {channel(each)}
                  <ShapeIcon unit={each} />
                </span>
              ))}
            </div>
            <div
              class="matrix-tiles"
              role="slider"
              tabIndex={0}
              aria-label={`Weights of ${sources.length} sources on ${targets.length} targets`}
              aria-valuemin={1}
              aria-valuemax={targets.length * sources.length}
              aria-valuenow={place.row * sources.length + place.col + 1}
              aria-valuetext={spoken}
              onPointerMove={move}
              onPointerDown={move}
              onKeyDown={press}
              {...opensByKey(of + target.unit, of + source.unit)}
            >
              <Tiles block={figure.kernels} />
              <i
                data-unprinted
                style={{
                  left: `${(100 * place.col) / sources.length}%`,
                  top: `${(100 * place.row) / targets.length}%`,
                  width: `${100 / sources.length}%`,
                  height: `${100 / targets.length}%`,
                }}
              />
            </div>
          </div>
        </div>
      </div>
      <Large figure={figure} place={place} target={target} source={source} of={of} />
    </div>
  );
}

function Large(props: {
  figure: WeightMatrix;
  place: Place;
  target: OrientedUnit;
  source: OrientedUnit;
  of: Network;
}) {
  const { figure, place, target, source, of } = props;
  const [, , rows = 1, cols = 1] = figure.kernels.shape;
  const values = Array.from(
    { length: rows * cols },
    (_, i) =>
      signedValue(figure.kernels, place.row, place.col, Math.floor(i / cols), i % cols) ?? 0,
  );
  return (
    <div class="large">
      <Tiles block={figure.kernels} only={[place.row, place.col]} />
      <div class="large-text">
        <p>
          <ShapeIcon unit={source} />
          <UnitLink unit={of + source.unit}>{source.unit}</UnitLink> {degrees(source.orientation)}
        </p>
        <p>
          <span class="soft">to</span>
          <ShapeIcon unit={target} />
          <UnitLink unit={of + target.unit}>{target.unit}</UnitLink> {degrees(target.orientation)}
        </p>
        <p class="soft">{apartText(target, source)}</p>
        <p>
          sum <b>{number(sum(figure, place))}</b>
        </p>
        <p class="soft">
          cells {number(Math.min(...values))} to {number(Math.max(...values))}
        </p>
        <p class="soft">
          {rows} × {cols}, {pixels(figure.pitch)} apart
        </p>
        <p class="soft" data-unprinted>
          Point at a tile, or focus the tiles and move with the arrow keys
          {directory() !== null && "; Enter opens the target, Shift and Enter the source"}.
        </p>
      </div>
    </div>
  );
}

function sum(figure: WeightMatrix, place: Place): number | null {
  return figure.sums[place.row * figure.sources.length + place.col] ?? null;
}

function strongest(figure: WeightMatrix): Place {
  const [, , down = 1, across = 1] = figure.kernels.shape;
  const bytes = signedBytes(figure.kernels);
  const sizes = figure.sums.map((_, pair) => {
    let size = 0;
    for (let i = pair * down * across; i < (pair + 1) * down * across; i++) size += Math.abs(bytes[i] ?? 0);
    return size;
  });
  const best = sizes.indexOf(Math.max(...sizes));
  const cols = Math.max(figure.sources.length, 1);
  return { row: Math.floor(best / cols), col: best % cols };
}

function largest(figure: WeightMatrix): number {
  let most = 0;
  for (const byte of signedBytes(figure.kernels)) most = Math.max(most, Math.abs(byte));
  return most * figure.kernels.scale;
}

/** Degrees from target to source; mod 180 unless both have an inside and an outside. */
function apart(target: OrientedUnit, source: OrientedUnit): number {
  const period = target.shape === "curve" && source.shape === "curve" ? 360 : 180;
  const turn = (source.orientation - target.orientation + period / 2) % period;
  return ((turn + period) % period) - period / 2;
}

function apartText(target: OrientedUnit, source: OrientedUnit): string {
  return `${degrees(Math.abs(apart(target, source)))} apart`;
}

function channel(unit: OrientedUnit): string {
  return unit.unit.slice(unit.unit.lastIndexOf(":") + 1);
}

function within(place: number, size: number): number {
  return Math.min(Math.max(Math.floor(place), 0), size - 1);
}

function moved(key: string, place: Place, rows: number, cols: number): Place | null {
  if (key === "ArrowLeft") return { ...place, col: within(place.col - 1, cols) };
  if (key === "ArrowRight") return { ...place, col: within(place.col + 1, cols) };
  if (key === "ArrowUp") return { ...place, row: within(place.row - 1, rows) };
  if (key === "ArrowDown") return { ...place, row: within(place.row + 1, rows) };
  if (key === "Home") return { ...place, col: 0 };
  if (key === "End") return { ...place, col: cols - 1 };
  if (key === "PageUp") return { ...place, row: 0 };
  if (key === "PageDown") return { ...place, row: rows - 1 };
  return null;
}

export function table(figure: WeightMatrix): Table {
  const [, , rows = 1, cols = 1] = figure.kernels.shape;
  return {
    header: ["target", "source", "relative_deg", "sum", "row", "column", "weight"],
    rows: figure.targets.flatMap((target, t) =>
      figure.sources.flatMap((source, s) =>
        Array.from({ length: rows * cols }, (_, i) => {
          const [row, col] = [Math.floor(i / cols), i % cols];
          return [
            target.unit,
            source.unit,
            rounded(apart(target, source)),
            sum(figure, { row: t, col: s }),
            row,
            col,
            rounded(signedValue(figure.kernels, t, s, row, col)),
          ];
        }),
      ),
    ),
  };
}
