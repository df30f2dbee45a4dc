import { useState } from "preact/hooks";
import type { Cell, Table } from "../lib/csv";
import { degrees, pixels } from "../lib/format";
import { rounded, signed as number, signedValue } from "../lib/signed";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { SignedRamp, Tiles } from "../parts/tile";
import { PickerHint, TilePicker, type Place } from "../parts/tile-picker";
import type { Equivariance, SignedBlock } from "../types";
import { fixed, interval } from "./matrix-pair";
import "./turned.css";

/** Tiles by unit and relative orientation, as they are or all turned upright. */
export function Body({ figure }: { figure: Equivariance }) {
  const { units, angles } = figure;
  const [upright, setUpright] = useState(1);
  const [place, setPlace] = useState<Place>({ row: 0, col: Math.max(0, angles.indexOf(0)) });
  const names = [...units.map((each) => each.target.unit), "mean", "template"];
  const spoken = ({ row, col }: Place) =>
    `${names[row]}, inputs at ${angle(angles[col])}${row < units.length ? `, R² ${fixed2(units[row]?.r2)}` : ""}`;
  return (
    <div class="matrix turned">
      <Options
        label="Tiles"
        options={["as they are", "turned upright"].map((name) => ({ name, content: name }))}
        value={upright}
        onChange={setUpright}
      />
      <div class="matrix-main">
        <div class="scale">
          <span>−1</span>
          <SignedRamp />
          <span>1</span>
        </div>
        <div class="scroll" tabIndex={0} role="region" aria-label="Tiles of weights by angle">
          <div
            class="matrix-grid explained"
            style={{ "--sources": angles.length, "--targets": names.length }}
          >
            <span />
            <div class="matrix-columns" aria-hidden="true">
              {angles.map((each, i) => (
                <span class={i === place.col ? "chosen" : undefined}>
                  <ShapeIcon unit={{ unit: "", shape: figure.source_shape, orientation: each }} />
                  {angle(each)}
                </span>
              ))}
            </div>
            <div class="explained-axis" aria-hidden="true">
              R², left out
            </div>
            <div class="matrix-rows" aria-hidden="true">
              {names.map((each, i) => {
                const unit = units[i];
                return (
                  <span class={i === place.row ? "chosen" : undefined}>
                    {unit ? each.slice(each.lastIndexOf(":") + 1) : each}
                    {unit && <ShapeIcon unit={unit.target} />}
                  </span>
                );
              })}
            </div>
            <TilePicker
              rows={names.length}
              cols={angles.length}
              place={place}
              onPlace={setPlace}
              label={`Weights on ${units.length} units by ${angles.length} angles`}
              spoken={spoken}
            >
              <Tiles block={upright ? figure.upright : figure.plain} />
              <Tiles block={figure.template} />
            </TilePicker>
            <div class="matrix-rows explained-rows">
              {units.map((each) => (
                <Explained value={each.r2} chance={each.shuffled} />
              ))}
              <span />
              <span class="soft">{interval(figure.r2)}</span>
            </div>
          </div>
        </div>
      </div>
      <Large figure={figure} place={place} name={names[place.row] ?? ""} />
    </div>
  );
}

/** What the template explains of a unit, over what shuffled orientations do. */
function Explained(props: { value: number | null; chance: { low: number; high: number } | null }) {
  const { value, chance } = props;
  const x = (each: number) => 8 + 84 * Math.min(1, Math.max(-0.1, each));
  return (
    <span>
      <svg viewBox="0 0 96 14" aria-hidden="true">
        <path class="rule" d={`M${x(0)} 0V14M${x(0)} 7H${x(1)}`} />
        {chance && (
          <rect class="chance" x={x(chance.low)} y="3" width={Math.max(2, x(chance.high) - x(chance.low))} height="8" />
        )}
        {value !== null && <circle cx={x(value)} cy="7" r="4" />}
      </svg>
      {fixed2(value)}
    </span>
  );
}

function Large({ figure, place, name }: { figure: Equivariance; place: Place; name: string }) {
  const { row, col } = place;
  const unit = figure.units[row];
  const template = row > figure.units.length;
  const views: ReadonlyArray<readonly [string, SignedBlock]> = template
    ? [["template", figure.template]]
    : [
        ["as it is", figure.plain],
        ["upright", figure.upright],
      ];
  const sources = unit?.sources[col] ?? [];
  return (
    <div class="large">
      <div class="large-views">
        {views.map(([view, block]) => (
          <div>
            <Tiles block={block} only={[template ? 0 : row, col]} />
            <span class="soft">{view}</span>
          </div>
        ))}
      </div>
      <div class="large-text">
        <p>
          {unit && <ShapeIcon unit={unit.target} />}
          <span class="unit">{name}</span> {unit && degrees(unit.target.orientation)}
        </p>
        <p>
          <span class="soft">inputs at</span> {angle(figure.angles[col])}
        </p>
        {unit && (
          <>
            <p>
              {sources.length === 0 && <span class="soft">none there</span>}
              {sources.map((each) => (
                <span class="unit">{each}</span>
              ))}
            </p>
            <p>
              R² left out <b>{fixed2(unit.r2)}</b>
            </p>
            {unit.shuffled && (
              <p class="soft">
                shuffled {fixed(unit.shuffled.low)} to {fixed(unit.shuffled.high)}
              </p>
            )}
            <p class="soft">
              1 is a weight of {number(unit.largest)}; cells {pixels(figure.pitch)} apart
            </p>
          </>
        )}
        <PickerHint />
      </div>
    </div>
  );
}

function fixed2(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : fixed(value);
}

function angle(value: number | undefined): string {
  return degrees(value ?? null).replace("-", "−");
}

export function table(figure: Equivariance): Table {
  const { units, angles } = figure;
  const cells = (view: string, block: SignedBlock, names: ReadonlyArray<string>): Cell[][] => {
    const [, , down = 1, across = 1] = block.shape;
    return names.flatMap((name, t) =>
      angles.flatMap((at, a) =>
        Array.from({ length: down * across }, (_, i): Cell[] => {
          const [row, col] = [Math.floor(i / across), i % across];
          const sources = units[t]?.sources[a]?.join(" ") ?? null;
          return [view, name, at, sources, row, col, rounded(signedValue(block, t, a, row, col)), null, null];
        }),
      ),
    );
  };
  const names = [...units.map((each) => each.target.unit), "mean"];
  const explained = (name: string, value: number | null, low?: number | null, high?: number | null) =>
    ["r2", name, null, null, null, null, rounded(value), rounded(low ?? null), rounded(high ?? null)];
  return {
    header: ["part", "target", "relative_deg", "sources", "row", "column", "value", "low_95", "high_95"],
    rows: [
      ...cells("as is", figure.plain, names),
      ...cells("upright", figure.upright, names),
      ...cells("template", figure.template, ["template"]),
      ...units.map((each) => explained(each.target.unit, each.r2)),
      ...units.map((each) => ["shuffled", ...explained(each.target.unit, null, each.shuffled?.low, each.shuffled?.high).slice(1)]),
      explained("all", figure.r2.value, figure.r2.low, figure.r2.high),
      ...figure.shuffled.map((each) => ["shuffled", ...explained("all", each).slice(1)]),
    ],
  };
}
