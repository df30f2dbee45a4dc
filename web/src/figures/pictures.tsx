import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, short } from "../lib/format";
import { matched } from "../lib/units";
import { rounded, signed } from "../lib/signed";
import { type Look, DotRows } from "../parts/dot-rows";
import { Key, KeyItem } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Pictures, useSprite } from "../parts/sprite";
import { Swatch } from "../parts/swatch";
import { UnitLink } from "../parts/unit";
import type { PicturePair, PictureShare, PicturesFigure, UnitPicture } from "../types";
import "./pictures.css";

const LOOKS: ReadonlyArray<Look> = [
  { name: "of the pictures", colour: "var(--natural)", shape: "circle", hollow: false },
  { name: "with pictures exchanged", colour: "var(--near-miss)", shape: "circle", hollow: true },
];

/** Pairs of pictures in order of orientation; the one in hand is enlarged, with what is seen in it. */
export function Body({ figure }: { figure: PicturesFigure }) {
  const [at, setAt] = useState(0);
  const picture = useSprite(figure.sprite);
  const pair = figure.pairs[at];
  const paired = figure.pairs.some((each) => each.artificial !== null);
  const rows = useMemo(
    () =>
      figure.shares.map((each) => ({
        title: `${each.family === "natural" ? "Natural" : "Artificial"}: ${judged(each)}`,
        estimates: [each.value, { value: each.exchanged, low: null, high: null }],
      })),
    [figure],
  );
  const hover = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const option = event.target instanceof Element ? event.target.closest(".option") : null;
    if (option === null || event.pointerType === "touch") return;
    const place = [...event.currentTarget.querySelectorAll(".option")].indexOf(option);
    if (place >= 0) setAt(place);
  };
  return (
    <div class="picture-pairs">
      {paired && (
        <Key>
          <KeyItem mark="natural">above: natural</KeyItem>
          <KeyItem mark="artificial">below: artificial, of the same orientation</KeyItem>
        </Key>
      )}
      <div onPointerMove={hover}>
        <Options
          label="Unit"
          value={at}
          onChange={setAt}
          options={figure.pairs.map((each) => ({
            name: `${each.natural.unit}, ${degrees(each.natural.orientation)}`,
            unit: each.natural.unit,
            content: <Thumbs figure={figure} pair={each} picture={picture} />,
          }))}
        />
      </div>
      {pair !== undefined && (
        <div class="picture-large" aria-live="polite">
          <Large figure={figure} of="natural" unit={pair.natural} picture={picture} />
          {pair.artificial !== null && (
            <Large figure={figure} of="artificial" unit={pair.artificial} picture={picture} />
          )}
        </div>
      )}
      {rows.length > 0 && (
        <>
          <h3>What judges see in all pictures</h3>
          <Key>
            {LOOKS.map((look) => (
              <Swatch shape="dot" colour={look.colour} hollow={look.hollow}>
                {look.name}
              </Swatch>
            ))}
          </Key>
          <div class="ordinary">
            <DotRows
              label="Share of pictures that judges read as they were made, beside the same with pictures exchanged; the numbers are in the CSV file."
              axis="Share of pictures"
              rows={rows}
              looks={LOOKS}
            />
          </div>
        </>
      )}
    </div>
  );
}

function Thumbs(props: { figure: PicturesFigure; pair: PicturePair; picture: HTMLImageElement | null }) {
  const { figure, pair, picture } = props;
  const cells = useMemo(
    () => [pair.natural.cell, ...(pair.artificial === null ? [] : [pair.artificial.cell])],
    [pair],
  );
  const { unit, orientation } = pair.natural;
  const both = pair.artificial === null ? "" : `, above that of ${pair.artificial.unit} written by hand`;
  return (
    <>
      <Pictures
        sprite={figure.sprite}
        picture={picture}
        cells={cells}
        across={1}
        label={`Picture of ${unit}${both}`}
      />
      <span class="picture-name">
        <ShapeIcon unit={{ unit, shape: "curve", orientation }} />
        {short(unit)}
      </span>
    </>
  );
}

function Large(props: {
  figure: PicturesFigure;
  of: "natural" | "artificial";
  unit: UnitPicture;
  picture: HTMLImageElement | null;
}) {
  const { figure, of, unit, picture } = props;
  const cells = useMemo(() => [unit.cell], [unit]);
  const other = of === "natural" ? "artificial" : "natural";
  return (
    <section aria-label={`${of} unit ${unit.unit}`}>
      <Pictures sprite={figure.sprite} picture={picture} cells={cells} across={1} label={`Picture of ${of} ${unit.unit}, enlarged`} />
      <dl>
        <Fact name="Unit">
          <UnitLink class={of} unit={on(of, unit.unit)}>{unit.unit}</UnitLink>, {of}
        </Fact>
        <Fact name="Tuned to">{degrees(unit.orientation)}</Fact>
        <Fact name="Read as">{unit.read === null ? "no curve" : degrees(unit.read)}</Fact>
        <Fact name="Its activation">{signed(rounded(unit.activation))}</Fact>
        <Fact name="Strongest on it">{unit.strongest === unit.unit ? "itself" : <UnitLink class="plain" unit={on(of, unit.strongest)}>{unit.strongest}</UnitLink>}</Fact>
        {unit.other !== null && (
          <Fact name={`Nearest ${other}`}>
            <UnitLink class="plain" unit={on(other, unit.other)}>{unit.other}</UnitLink>, {degrees(unit.other_orientation)}
          </Fact>
        )}
      </dl>
    </section>
  );
}

/** A unit of a family as `known` takes it. */
function on(family: "natural" | "artificial", unit: string): string {
  return family === "natural" ? unit : matched(unit);
}

export function units(figure: PicturesFigure): string[] {
  return figure.pairs.flatMap(({ natural, artificial }) => [
    natural.unit,
    ...(artificial === null ? [] : [matched(artificial.unit)]),
  ]);
}

function Fact(props: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

function judged({ judge }: PictureShare): string {
  return judge === "own unit" ? "strongest unit is its own" : "read within 20° of tuning";
}

export function table(figure: PicturesFigure): Table {
  const none = (length: number) => Array.from({ length }, () => null);
  const row = (family: string, unit: UnitPicture) => [
    "picture", family, unit.unit, rounded(unit.orientation), rounded(unit.activation), unit.strongest,
    rounded(unit.read), unit.other, rounded(unit.other_orientation), ...none(6),
  ];
  return {
    header: [
      "part", "family", "unit", "orientation_deg", "activation", "strongest", "read_deg", "other_unit",
      "other_orientation_deg", "judge", "share", "low_95", "high_95", "exchanged", "orders_that_reach_it",
    ],
    rows: [
      ...figure.shares.map(({ family, judge, value, exchanged, reached }) => [
        "share", family, ...none(7), judge, rounded(value.value), rounded(value.low), rounded(value.high),
        rounded(exchanged), rounded(reached),
      ]),
      ...figure.pairs.flatMap(({ natural, artificial }) => [
        row("natural", natural),
        ...(artificial === null ? [] : [row("artificial", artificial)]),
      ]),
    ],
  };
}
