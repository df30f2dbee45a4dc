import { useState } from "preact/hooks";
import type { Cell, Table } from "../lib/csv";
import { degrees, pixels } from "../lib/format";
import { rounded, signed as number, signedValue } from "../lib/signed";
import { ShapeIcon } from "../parts/shape-icon";
import { Tiles } from "../parts/tile";
import { PickerHint, TilePicker } from "../parts/tile-picker";
import type { MotifLink, MotifTile, MotifTiles } from "../types";
import { fixed, interval } from "./matrix-pair";
import "./turned.css";

/** A row of tiles for every link of the chain; one of them large, with its tangent. */
export function Body({ figure }: { figure: MotifTiles }) {
  const [[at, col], setAt] = useState([0, 0]);
  const chosen = figure.links[at ?? 0];
  const tile = chosen?.tiles[col ?? 0];
  if (chosen === undefined || tile === undefined) return <p class="note">There are no links.</p>;
  return (
    <div class="matrix turned links">
      <div class="matrix-main">
        {figure.links.map((link, i) => (
          <section aria-label={title(link)}>
            <h3>
              {title(link)}{" "}
              <span class="soft">
                {link.units} units, {link.values.shape[2]} × {link.values.shape[3]} cells{" "}
                {pixels(link.pitch)} apart
              </span>
            </h3>
            <div class="scroll" tabIndex={0} role="region" aria-label={`Tiles of ${title(link)}`}>
              <TilePicker
                rows={1}
                cols={link.tiles.length}
                place={i === at ? { row: 0, col: col ?? 0 } : null}
                onPlace={(place) => setAt([i, place.col])}
                label={`Inputs of ${link.target}s by angle`}
                spoken={(place) => said(link.tiles[place.col])}
              >
                <div class="tile-cells" style={{ "--cols": link.tiles.length }}>
                  {link.tiles.map((each, k) => (
                    <div class={each.angle === null ? "strongest" : undefined}>
                      <p>
                        {each.angle === null ? (
                          each.name
                        ) : (
                          <>
                            <Both link={link} angle={each.angle} />
                            {angle(each.angle)}
                          </>
                        )}
                      </p>
                      <Tiles block={link.values} only={[0, k]} />
                      <p>
                        <b>{fixed((each.sum ?? each.likeness)?.value ?? 0)}</b>{" "}
                        <span class="soft">{each.sum ? "sum" : "likeness"}</span>
                      </p>
                    </div>
                  ))}
                </div>
              </TilePicker>
            </div>
          </section>
        ))}
      </div>
      <Large link={chosen} col={col ?? 0} tile={tile} />
    </div>
  );
}

/** The unit at 0° and, lighter, an input at an angle to it. */
function Both({ link, angle: at }: { link: MotifLink; angle: number }) {
  return (
    <>
      <ShapeIcon unit={{ unit: "", shape: link.target_shape, orientation: 0 }} />
      <span class="soft">
        <ShapeIcon unit={{ unit: "", shape: link.source_shape, orientation: at }} />
      </span>
    </>
  );
}

function Large({ link, col, tile }: { link: MotifLink; col: number; tile: MotifTile }) {
  return (
    <div class="large">
      <div class="over">
        <Tiles block={link.values} only={[0, col]} />
        <Tangent link={link} />
      </div>
      <div class="large-text">
        <p>{title(link)}</p>
        <p>
          {tile.angle === null ? tile.name : `inputs ${tile.name}`}{" "}
          <span class="soft">{tile.pairs} pairs</span>
        </p>
        {tile.sum && (
          <p>
            sum <b>{interval(tile.sum)}</b>
          </p>
        )}
        {tile.apart && (
          <p>
            on average <b>{degrees(tile.apart.value)}</b> [{degrees(tile.apart.low)},{" "}
            {degrees(tile.apart.high)}] apart
          </p>
        )}
        {tile.likeness && (
          <p>
            likeness to the tangent <b>{interval(tile.likeness)}</b>
            <span class="soft">exchanged: p {number(tile.p)}</span>
          </p>
        )}
        <PickerHint />
      </div>
    </div>
  );
}

/** Where the unit's curve, or its line, runs over the tile. */
function Tangent({ link }: { link: MotifLink }) {
  const size = (link.values.shape[2] ?? 1) * link.pitch;
  const half = size / 2;
  const r = link.radius;
  const points = Array.from({ length: 25 }, (_, i) => {
    const y = -half + (size * i) / 24;
    const x = r === null ? 0 : Math.sqrt(Math.max(0, r * r - y * y)) - r;
    return `${x.toFixed(2)} ${y.toFixed(2)}`;
  });
  return (
    <svg viewBox={`${-half} ${-half} ${size} ${size}`} aria-hidden="true">
      <path d={`M${points.join("L")}`} />
    </svg>
  );
}

function title(link: MotifLink): string {
  return `${link.source} (${link.source_layer}) → ${link.target} (${link.target_layer})`;
}

function said(tile: MotifTile | undefined): string {
  if (tile === undefined) return "";
  return tile.sum
    ? `inputs ${tile.name}, sum ${interval(tile.sum)}`
    : `inputs that ${tile.name}, likeness ${fixed(tile.likeness?.value ?? 0)}`;
}

function angle(value: number): string {
  return `${Number(value.toFixed(1))}°`;
}

export function table(figure: MotifTiles): Table {
  return {
    header: ["link", "inputs", "apart_deg", "pairs", "quantity", "row", "column", "value", "low_95", "high_95", "p"],
    rows: figure.links.flatMap((link) =>
      link.tiles.flatMap((tile, k) => {
        const [, , down = 1, across = 1] = link.values.shape;
        const first: Cell[] = [title(link), tile.name, tile.angle, tile.pairs];
        const measured = (["sum", "apart", "likeness"] as const).flatMap((name): Cell[][] => {
          const each = tile[name];
          return each === null
            ? []
            : [[...first, name, null, null, rounded(each.value), rounded(each.low), rounded(each.high), name === "likeness" ? tile.p : null]];
        });
        const cells = Array.from({ length: down * across }, (_, i): Cell[] => {
          const [row, col] = [Math.floor(i / across), i % across];
          return [...first, "weight", row, col, rounded(signedValue(link.values, 0, k, row, col)), null, null, null];
        });
        return [...measured, ...cells];
      }),
    ),
  };
}
