import { useMemo, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees } from "../lib/format";
import { matched } from "../lib/units";
import { rounded } from "../lib/signed";
import { type Look, DotRows } from "../parts/dot-rows";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Pictures, useSprite } from "../parts/sprite";
import { Swatch } from "../parts/swatch";
import type { SaliencyCrop, SaliencyPair, SaliencyPairs } from "../types";
import "./dataset-quilt.css";
import "./saliency-pairs.css";

const LOOKS: ReadonlyArray<Look> = [
  { name: "on the same crop", colour: "var(--artificial)", shape: "circle", hollow: false },
  { name: "artificial map of another crop", colour: "var(--near-miss)", shape: "square", hollow: true },
  { name: "artificial map turned by 90°", colour: "var(--near-miss)", shape: "diamond", hollow: true },
];
const SWATCHES = { circle: "dot", square: "square", diamond: "diamond", triangle: "tick" } as const;

/** Crops lit by what moves either unit, and how alike the two are. */
export function Body({ figure }: { figure: SaliencyPairs }) {
  const [at, setAt] = useState(Math.floor(figure.pairs.length / 2));
  const pair = figure.pairs[at];
  const rows = useMemo(
    () => figure.likeness.map(({ title, own, turned, other }) => ({ title, estimates: [own, other, turned] })),
    [figure],
  );
  return (
    <div class="saliency">
      <Options
        label="Pair"
        value={at}
        onChange={setAt}
        options={figure.pairs.map(({ shape }) => ({
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
      <p class="saliency-about">
        From top to bottom: the crop, lit by the natural unit’s saliency, lit by the artificial
        unit’s; below, the percentiles of both.
      </p>
      {pair !== undefined && <Lists figure={figure} pair={pair} />}
      <h3>Likeness of the two maps, all pairs</h3>
      <Key>
        {LOOKS.map((look) => (
          <Swatch shape={SWATCHES[look.shape]} colour={look.colour} hollow={look.hollow}>
            {look.name}
          </Swatch>
        ))}
      </Key>
      <div class="ordinary">
        <DotRows
          label="Correlation of natural and artificial saliency on four kinds of crops, beside two controls; the numbers are in the CSV file."
          axis="Correlation over pixels"
          rows={rows}
          looks={LOOKS}
        />
      </div>
    </div>
  );
}

function Lists({ figure, pair }: { figure: SaliencyPairs; pair: SaliencyPair }) {
  const picture = useSprite(pair.sprite);
  const titles = Object.fromEntries(figure.likeness.map(({ name, title }) => [name, title]));
  return (
    <div class="saliency-lists">
      {pair.lists
        .filter((list) => list.crops.length > 0)
        .map((list) => (
          <section aria-label={titles[list.name]} key={list.name}>
            <h3>{titles[list.name]}</h3>
            <ul>
              {list.crops.map((crop) => (
                <Crop pair={pair} crop={crop} picture={picture} key={crop.cell} />
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}

function Crop(props: { pair: SaliencyPair; crop: SaliencyCrop; picture: HTMLImageElement | null }) {
  const { pair, crop, picture } = props;
  const cells = useMemo(() => [crop.cell, crop.cell + 1, crop.cell + 2], [crop]);
  const like = crop.likeness === null ? "" : `; the maps correlate by ${crop.likeness.toFixed(2).replace("-", "−")}`;
  const label = `Crop of ${crop.image} with natural and artificial saliency: natural unit at percentile ${crop.natural.toFixed(0)}, artificial unit at ${crop.artificial.toFixed(0)}${like}`;
  return (
    <li title={label}>
      {pair.sprite !== null && <Pictures sprite={pair.sprite} picture={picture} cells={cells} across={1} label={label} />}
      <span>
        {crop.natural.toFixed(0)} | {crop.artificial.toFixed(0)}
      </span>
    </li>
  );
}

export function units(figure: SaliencyPairs): string[] {
  return figure.pairs.flatMap(({ shape, artificial }) => [
    shape.unit,
    matched(artificial.replace(/^artificial /, "")),
  ]);
}

export function table(figure: SaliencyPairs): Table {
  const none = (length: number) => Array.from({ length }, () => null);
  return {
    header: [
      "part", "list", "natural", "artificial", "orientation_deg", "place", "image", "x_px", "y_px",
      "natural_percentile", "artificial_percentile", "correlation", "low_95", "high_95", "with",
    ],
    rows: [
      ...figure.likeness.flatMap(({ name, own, turned, other }) =>
        ([["same crop", own], ["another crop", other], ["turned by 90 deg", turned]] as const).map(
          ([beside, { value, low, high }]) => [
            "mean", name, ...none(9), rounded(value), rounded(low), rounded(high), beside,
          ],
        ),
      ),
      ...figure.pairs.flatMap(({ shape, artificial, lists }) =>
        lists.flatMap(({ name, crops }) =>
          crops.map((crop, place) => [
            "crop", name, shape.unit, artificial, rounded(shape.orientation), place, crop.image, rounded(crop.x),
            rounded(crop.y), rounded(crop.natural), rounded(crop.artificial), rounded(crop.likeness), null, null,
            "same crop",
          ]),
        ),
      ),
    ],
  };
}
