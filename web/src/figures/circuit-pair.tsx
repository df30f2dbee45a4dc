import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees } from "../lib/format";
import { matched, opens } from "../lib/units";
import { rounded, signed as number, signedValue } from "../lib/signed";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Tiles } from "../parts/tile";
import { UnitLink } from "../parts/unit";
import type { CircuitPair, CircuitTile, CircuitUnit } from "../types";
import { interval } from "./matrix-pair";
import "./circuit-pair.css";

const SIDES = ["natural", "artificial"] as const;

/** Two rows of tiles, from the image to the curve, and how alike each step is. */
export function Body({ figure }: { figure: CircuitPair }) {
  const [at, setAt] = useState(0);
  const unit = figure.units[at];
  if (unit === undefined) return <p class="note">There is no pair of units.</p>;
  return (
    <div class="circuit">
      <Options
        label="Curve detector"
        value={at}
        onChange={setAt}
        options={figure.units.map((each) => ({
          name: `${last(each)}, ${degrees(each.orientation)}`,
          unit: last(each),
          content: (
            <>
              <ShapeIcon unit={{ unit: last(each), shape: "curve", orientation: each.orientation }} />
              <span>{channel(last(each))}</span>
            </>
          ),
        }))}
      />
      {SIDES.map((side) => (
        <section class="circuit-row" aria-label={`${side} circuit`}>
          <h3>{side === "natural" ? "Natural" : "Artificial"}</h3>
          <ol style={{ "--steps": unit[side].length }}>
            {unit[side].map((tile) => (
              <Step tile={tile} side={side} />
            ))}
          </ol>
        </section>
      ))}
      {figure.likeness.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Correlations of tiles">
          <table class="likeness">
            <thead>
              <tr>
                <th scope="col">Tiles that end in</th>
                <th scope="col">same orientation</th>
                <th scope="col">others</th>
                <th scope="col">difference</th>
              </tr>
            </thead>
            <tbody>
              {figure.likeness.map((each) => (
                <tr>
                  <th scope="row">{each.layer}</th>
                  <td>{interval(each.measured)}</td>
                  <td>{interval(each.control)}</td>
                  <td>{interval(each.lead)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

/** A unit of a side as `known` takes it. */
const on = (side: (typeof SIDES)[number], unit: string) => (side === "natural" ? unit : matched(unit));

function Step({ tile, side }: { tile: CircuitTile; side: (typeof SIDES)[number] }) {
  const [, , rows = 1, cols = 1] = tile.tile.shape;
  const about = `${tile.source ?? "image"} to ${tile.unit}, ${rows} × ${cols}, largest ${number(tile.largest)}`;
  return (
    <li title={about}>
      <span role="img" aria-label={about} {...opens(on(side, tile.unit))}>
        <Tiles block={tile.tile} only={[0, 0]} />
      </span>
      <span class="step-layer">{tile.unit.slice(0, tile.unit.lastIndexOf(":"))}</span>
      <span class="soft">
        {tile.source === null ? (
          "filter "
        ) : (
          <>
            <UnitLink class="plain" unit={on(side, tile.source)}>{channel(tile.source)}</UnitLink> →{" "}
          </>
        )}
        <UnitLink class="plain" unit={on(side, tile.unit)}>{channel(tile.unit)}</UnitLink>
      </span>
    </li>
  );
}

function last(unit: CircuitUnit): string {
  return unit.natural[unit.natural.length - 1]?.unit ?? "";
}

function channel(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

export function units(figure: CircuitPair): string[] {
  return figure.units.flatMap((unit) => SIDES.flatMap((side) => unit[side].map((tile) => on(side, tile.unit))));
}

export function table(figure: CircuitPair): Table {
  return {
    header: ["part", "orientation_deg", "network", "source", "target", "family", "row", "column", "value", "low_95", "high_95"],
    rows: [
      ...figure.likeness.flatMap((each) =>
        (["measured", "control", "lead"] as const).map((name) => {
          const { value, low, high } = each[name];
          return ["correlation", null, name, null, each.layer, null, null, null, rounded(value), rounded(low), rounded(high)];
        }),
      ),
      ...figure.units.flatMap((unit) =>
        SIDES.flatMap((side) =>
          unit[side].flatMap((each) => {
            const [, , rows = 1, cols = 1] = each.tile.shape;
            return Array.from({ length: rows * cols }, (_, i) => {
              const [row, col] = [Math.floor(i / cols), i % cols];
              const value = signedValue(each.tile, 0, 0, row, col);
              const weight = value === null ? null : rounded(value * each.largest);
              return ["weight", unit.orientation, side, each.source ?? "image", each.unit, each.family, row, col, weight, null, null];
            });
          }),
        ),
      ),
    ],
  };
}
