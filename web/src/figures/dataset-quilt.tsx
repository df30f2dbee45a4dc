import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, number } from "../lib/format";
import { rounded } from "../lib/signed";
import { type Look, DotRows } from "../parts/dot-rows";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Pictures, useSprite } from "../parts/sprite";
import { Swatch } from "../parts/swatch";
import type { DatasetQuilt, QuiltBin, QuiltUnit } from "../types";
import "./dataset-quilt.css";

const LOOKS: ReadonlyArray<Look> = [
  { name: "along the unit’s curve", colour: "var(--natural)", shape: "circle", hollow: false },
  { name: "with orientations exchanged", colour: "var(--near-miss)", shape: "circle", hollow: true },
];

/** A unit's crops, a column for each range of pre-activation, and how edges lie in those of all. */
export function Body({ figure }: { figure: DatasetQuilt }) {
  const [at, setAt] = useState(Math.floor(figure.units.length / 2));
  const unit = figure.units[at];
  const rows = useMemo(
    () => figure.groups.map((each) => ({ title: each.name, estimates: [each.along, each.exchanged] })),
    [figure],
  );
  return (
    <div class="quilt">
      <Options
        label="Unit"
        value={at}
        onChange={setAt}
        options={figure.units.map(({ shape }) => ({
          name: `${shape.unit}, ${degrees(shape.orientation)}`,
          unit: shape.unit,
          content: (
            <>
              <ShapeIcon unit={shape} />
              <span>{shape.unit.slice(shape.unit.lastIndexOf(":") + 1)}</span>
            </>
          ),
        }))}
      />
      {unit !== undefined && <Bins unit={unit} />}
      <h3>Edges in the crops, all units</h3>
      <Key>
        {LOOKS.map((look) => (
          <Swatch shape="dot" colour={look.colour} hollow={look.hollow}>
            {look.name}
          </Swatch>
        ))}
      </Key>
      <div class="ordinary">
        <DotRows
          label="How far edges in the crops lie along the unit’s curve, by range of pre-activation; the numbers are in the CSV file."
          axis="−1 across the curve, 1 along it"
          rows={rows}
          looks={LOOKS}
        />
      </div>
    </div>
  );
}

function Bins({ unit }: { unit: QuiltUnit }) {
  const picture = useSprite(unit.sprite);
  const scroll = useRef<HTMLDivElement>(null);
  const most = Math.max(1, ...unit.bins.map((bin) => bin.count));
  const groups = [...new Set(unit.bins.map((bin) => bin.group))];
  useEffect(() => {
    // Where there is no room for all, the strongest crops are seen first.
    if (scroll.current !== null) scroll.current.scrollLeft = scroll.current.scrollWidth;
  }, []);
  return (
    <div
      class="scroll"
      ref={scroll}
      tabIndex={0}
      role="region"
      aria-label={`Crops of ${unit.shape.unit} from the most negative to the most positive`}
    >
      <div class="quilt-frame" style={`--bins:${unit.bins.length}`}>
        <div class="quilt-groups">
          {groups.map((group) => {
            const members = unit.bins.flatMap((bin, k) => (bin.group === group ? [k] : []));
            const [first, last] = [members[0] ?? 0, members.at(-1) ?? 0];
            return <span style={`grid-column:${first + 1}/${last + 2}`}>{group}</span>;
          })}
        </div>
        <ol>
          {unit.bins.map((bin, k) => (
            <li key={k}>
              <div class="quilt-count">
                <span>{shortCount(bin.count)}</span>
                <i style={`height:${((34 * Math.log10(1 + bin.count)) / Math.log10(1 + most)).toFixed(1)}px`} />
              </div>
              {unit.sprite !== null && bin.crops.length > 0 && (
                <Column unit={unit} bin={bin} picture={picture} />
              )}
              <span class="quilt-edges">{ends(bin)}</span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function Column(props: { unit: QuiltUnit; bin: QuiltBin; picture: HTMLImageElement | null }) {
  const { unit, bin, picture } = props;
  const cells = useMemo(() => bin.crops.map((crop) => crop.cell), [bin]);
  if (unit.sprite === null) return null;
  const label = `${cells.length} random ${cells.length === 1 ? "crop" : "crops"} of ${bin.count.toLocaleString("en")} positions, pre-activation ${ends(bin)}`;
  return <Pictures sprite={unit.sprite} picture={picture} cells={cells} across={1} label={label} />;
}

function ends({ low, high }: QuiltBin): string {
  const write = (value: number) => number(value).replace("-", "−");
  if (low === null && high === null) return "all";
  if (low === null) return `below ${write(high ?? 0)}`;
  return high === null ? `above ${write(low)}` : `${write(low)} to ${write(high)}`;
}

function shortCount(count: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(count);
}

export function table(figure: DatasetQuilt): Table {
  const none = (length: number) => Array.from({ length }, () => null);
  return {
    header: [
      "part", "unit", "orientation_deg", "bin", "low", "high", "group", "positions", "place", "image", "x_px",
      "y_px", "pre_activation", "along", "along_low_95", "along_high_95", "exchanged", "exchanged_low_95",
      "exchanged_high_95",
    ],
    rows: [
      ...figure.groups.map(({ name, along, exchanged }) => [
        "edges", ...none(5), name, ...none(6),
        ...[along, exchanged].flatMap(({ value, low, high }) => [rounded(value), rounded(low), rounded(high)]),
      ]),
      ...figure.units.flatMap(({ shape, bins }) =>
        bins.flatMap((bin, k) => {
          const range = [shape.unit, rounded(shape.orientation), k, rounded(bin.low), rounded(bin.high), bin.group, bin.count];
          return [
            ["bin", ...range, ...none(11)],
            ...bin.crops.map((crop, place) => [
              "crop", ...range, place, crop.image, rounded(crop.x), rounded(crop.y), rounded(crop.value), ...none(6),
            ]),
          ];
        }),
      ),
    ],
  };
}
