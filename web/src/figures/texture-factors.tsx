import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, percent, pixels } from "../lib/format";
import { rounded, signed as number, signedBytes, signedValue } from "../lib/signed";
import { opens, opensByKey } from "../lib/units";
import { ShapeIcon } from "../parts/shape-icon";
import { SignedRamp, Tiles } from "../parts/tile";
import { UnitLink } from "../parts/unit";
import type { OrientedUnit, TextureFactor, TextureFactors } from "../types";

/** A tile for every factor and curve unit; one of them large, with its textures. */
export function Body({ figure }: { figure: TextureFactors }) {
  const { factors, curves } = figure;
  const [at, setAt] = useState(0);
  const [row, col] = [Math.floor(at / curves.length), at % curves.length];
  const factor = factors[row];
  const curve = curves[col];
  if (factor === undefined || curve === undefined) return <p class="note">There are no factors.</p>;
  const top = figure.maps.scale * Math.max(...signedBytes(figure.maps).map(Math.abs));
  const move = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const down = cell((event.clientY - box.top) / box.height, factors.length);
    setAt(down * curves.length + cell((event.clientX - box.left) / box.width, curves.length));
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, row, col, figure);
    if (next === null) return;
    setAt(next);
    event.preventDefault();
  };
  return (
    <div class={curves.length > 24 ? "matrix wide" : "matrix"}>
      <div class="matrix-main">
        <div class="scale">
          <span>{number(-top)}</span>
          <SignedRamp />
          <span>{number(top)}</span>
        </div>
        <div class="scroll" tabIndex={0} role="region" aria-label="Tiles of factors">
          <div
            class="matrix-grid"
            style={{ "--sources": curves.length, "--targets": factors.length }}
          >
            <span />
            <div class="matrix-columns" aria-hidden="true">
              {curves.map((each, i) => (
                <span class={i === col ? "chosen" : undefined} {...opens(each.unit)}>
                  <ShapeIcon unit={each} />
                </span>
              ))}
            </div>
            <div class="matrix-rows" aria-hidden="true">
              {factors.map((each, i) => (
                <span class={i === row ? "chosen" : undefined}>{channels(each)}</span>
              ))}
            </div>
            <div
              class="matrix-tiles"
              role="slider"
              tabIndex={0}
              aria-label={`Maps of ${factors.length} factors on ${curves.length} curve units`}
              aria-valuemin={1}
              aria-valuemax={factors.length * curves.length}
              aria-valuenow={at + 1}
              aria-valuetext={`factor ${row + 1} to ${curve.unit}, sum ${number(factor.sums[col] ?? null)}`}
              onPointerMove={move}
              onPointerDown={move}
              onKeyDown={press}
              {...opensByKey(curve.unit, factor.strongest[0]?.unit)}
            >
              <Tiles block={figure.maps} />
              <i
                data-unprinted
                style={{
                  left: `${(100 * col) / curves.length}%`,
                  top: `${(100 * row) / factors.length}%`,
                  width: `${100 / curves.length}%`,
                  height: `${100 / factors.length}%`,
                }}
              />
            </div>
          </div>
        </div>
      </div>
      <Large figure={figure} row={row} col={col} factor={factor} curve={curve} />
    </div>
  );
}

function Large(props: {
  figure: TextureFactors;
  row: number;
  col: number;
  factor: TextureFactor;
  curve: OrientedUnit;
}) {
  const { figure, row, col, factor, curve } = props;
  const [, , down = 1, across = 1] = figure.maps.shape;
  return (
    <div class="large">
      <Tiles block={figure.maps} only={[row, col]} />
      <div class="large-text">
        <p>factor {row + 1}</p>
        {factor.strongest.map((each) => (
          <p>
            <UnitLink unit={each.unit} />
            <span class="soft">{percent(each.part ** 2)}</span>
          </p>
        ))}
        <p>
          <span class="soft">to</span>
          <ShapeIcon unit={curve} />
          <UnitLink unit={curve.unit} /> {degrees(curve.orientation)}
        </p>
        <p>
          sum <b>{number(factor.sums[col] ?? null)}</b>
        </p>
        <p class="soft">
          {down} × {across}, {pixels(figure.pitch)} apart
        </p>
        <p class="soft" data-unprinted>
          Point at a tile, or focus the tiles and move with the arrow keys.
        </p>
      </div>
    </div>
  );
}

/** The channels of a factor's strongest units. */
function channels(factor: TextureFactor): string {
  return factor.strongest.map((each) => each.unit.slice(each.unit.lastIndexOf(":") + 1)).join(" ");
}

function cell(part: number, size: number): number {
  return Math.min(Math.max(Math.floor(part * size), 0), size - 1);
}

function moved(key: string, row: number, col: number, figure: TextureFactors): number | null {
  const [rows, cols] = [figure.factors.length, figure.curves.length];
  const steps: Record<string, readonly [number, number]> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    Home: [0, -cols],
    End: [0, cols],
    PageUp: [-rows, 0],
    PageDown: [rows, 0],
  };
  const step = steps[key];
  if (step === undefined) return null;
  const down = Math.min(Math.max(row + step[0], 0), rows - 1);
  return down * cols + Math.min(Math.max(col + step[1], 0), cols - 1);
}

export function table(figure: TextureFactors): Table {
  const [, , down = 1, across = 1] = figure.maps.shape;
  return {
    header: ["factor", "strongest_textures", "curve", "orientation_deg", "row", "column", "weight"],
    rows: figure.factors.flatMap((factor, k) =>
      figure.curves.flatMap((curve, u) =>
        Array.from({ length: down * across }, (_, i) => {
          const [row, col] = [Math.floor(i / across), i % across];
          return [
            k + 1,
            channels(factor),
            curve.unit,
            rounded(curve.orientation),
            row,
            col,
            rounded(signedValue(figure.maps, k, u, row, col)),
          ];
        }),
      ),
    ),
  };
}
