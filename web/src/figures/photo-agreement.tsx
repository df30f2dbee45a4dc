import { dot, link, pointer, ruleX, text, tip, type PlotOptions } from "@observablehq/plot";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees } from "../lib/format";
import { usePicture } from "../lib/picture";
import { rounded } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { ShapeIcon } from "../parts/shape-icon";
import { Swatch } from "../parts/swatch";
import type { PhotoAgreement, PhotoCrop, PhotoPanel, Predictor } from "../types";
import { interval } from "./matrix-pair";
import "./circuit-pair.css";

const LOOKS: Record<Predictor["role"], { colour: string; shape: "diamond" | "square" | "circle"; hollow: boolean }> = {
  measured: { colour: "var(--artificial)", shape: "diamond", hollow: false },
  control: { colour: "var(--near-miss)", shape: "circle", hollow: true },
  reference: { colour: "var(--natural)", shape: "square", hollow: false },
};
const ROW = 46;
const MISSES: ReadonlyArray<[PhotoCrop["miss"], string]> = [
  ["false positive", "Artificial unit strong, natural one not"],
  ["false negative", "Natural unit strong, artificial one not"],
];

/** Each measure as a row of dots, and the photographs where the two units disagree most. */
export function Body({ figure }: { figure: PhotoAgreement }) {
  return (
    <>
      <Key>
        <Swatch shape="diamond" colour="var(--artificial)">
          artificial units
        </Swatch>
        <Swatch shape="dot" colour="var(--near-miss)" hollow>
          control
        </Swatch>
        <Swatch shape="square" colour="var(--natural)">
          one cell beside
        </Swatch>
      </Key>
      <div class="photo-panels">
        {figure.panels.map((panel) => (
          <Panel panel={panel} predictors={figure.predictors} />
        ))}
      </div>
      {figure.sprite !== null && figure.units.length > 0 && <Misses figure={figure} sprite={figure.sprite} />}
    </>
  );
}

function Panel({ panel, predictors }: { panel: PhotoPanel; predictors: ReadonlyArray<Predictor> }) {
  const options = useCallback((width: number) => draw(panel, predictors, width), [panel, predictors]);
  return (
    <section>
      <h3>{panel.title}</h3>
      <Chart label={`${panel.title} of ${predictors.length} predictors; the numbers are in the CSV file.`} options={options} />
      {panel.lead !== null && <p class="figure-about">ahead of lines by {interval(panel.lead.units)}</p>}
    </section>
  );
}

interface Point {
  title: string;
  role: Predictor["role"];
  value: number;
  units: [number, number] | null;
  images: [number, number] | null;
  spoken: string;
}

function draw(panel: PhotoPanel, predictors: ReadonlyArray<Predictor>, width: number): PlotOptions {
  const all: Point[] = predictors.flatMap((each, i) => {
    const found = panel.estimates[i];
    if (found === undefined || found.units.value === null) return [];
    const { units, images } = found;
    return [
      {
        title: each.title,
        role: each.role,
        value: found.units.value,
        units: units.low === null || units.high === null ? null : [units.low, units.high],
        images: images.low === null || images.high === null ? null : [images.low, images.high],
        spoken: `${each.title}\n${interval(units)} over units\n${interval(images)} over photographs`,
      },
    ];
  });
  const bars = (which: "units" | "images", stroke: number, opacity: number) =>
    link(all.filter((each) => each[which] !== null), {
      x1: (each: Point) => each[which]?.[0],
      x2: (each: Point) => each[which]?.[1],
      y1: "title",
      y2: "title",
      dy: 8,
      stroke: (each: Point) => LOOKS[each.role].colour,
      strokeWidth: stroke,
      strokeOpacity: opacity,
    });
  return {
    height: predictors.length * ROW + 46,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 8,
    marginBottom: 34,
    x: { label: null, ticks: Math.max(3, Math.floor(width / 80)), nice: true },
    y: { type: "band", domain: predictors.map((each) => each.title), axis: null, padding: 0 },
    marks: [
      ruleX([panel.chance], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
      text(predictors, {
        y: "title",
        text: "title",
        frameAnchor: "left",
        textAnchor: "start",
        dy: -9,
        fill: "currentColor",
        stroke: "var(--paper)",
        strokeWidth: 4,
      }),
      bars("images", 1.5, 0.8),
      bars("units", 4, 0.55),
      ...(Object.keys(LOOKS) as Predictor["role"][]).map((role) => {
        const look = LOOKS[role];
        return dot(all.filter((each) => each.role === role), {
          x: "value",
          y: "title",
          dy: 8,
          r: 4.5,
          symbol: look.shape,
          stroke: look.colour,
          strokeWidth: 1.8,
          fill: look.hollow ? "var(--paper)" : look.colour,
        });
      }),
      tip(all, pointer({ x: "value", y: "title", title: "spoken" })),
    ],
  };
}

function Misses({ figure, sprite }: { figure: PhotoAgreement; sprite: string }) {
  const [at, setAt] = useState(0);
  const picture = usePicture(sprite);
  const unit = figure.units[at];
  if (unit === undefined) return null;
  return (
    <div class="photo-misses">
      <Options
        label="Where the two disagree most, unit"
        value={at}
        onChange={setAt}
        options={figure.units.map((each) => ({
          name: `${each.unit}, ${degrees(each.orientation)}`,
          unit: each.unit,
          content: (
            <>
              <ShapeIcon unit={each} />
              <span>{each.unit.slice(each.unit.lastIndexOf(":") + 1)}</span>
            </>
          ),
        }))}
      />
      {MISSES.map(([miss, title]) => (
        <section aria-label={title}>
          <h3>{title}</h3>
          <ul class="photo-row">
            {figure.crops
              .filter((each) => each.unit === unit.unit && each.miss === miss)
              .map((crop) => (
                <Crop figure={figure} crop={crop} picture={picture} key={crop.cell} />
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Crop(props: { figure: PhotoAgreement; crop: PhotoCrop; picture: HTMLImageElement | null }) {
  const { figure, crop, picture } = props;
  const { side, columns } = figure;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || picture === null) return;
    const x = (crop.cell % columns) * side;
    const y = Math.floor(crop.cell / columns) * side;
    context.drawImage(picture, x, y, side, side, 0, 0, side, side);
  }, [picture, crop.cell, columns, side]);
  const name = `${crop.unit}, ${crop.miss}: natural unit at percentile ${crop.natural.toFixed(1)}, artificial at ${crop.artificial.toFixed(1)}`;
  return (
    <li>
      <canvas ref={canvas} width={side} height={side} role="img" aria-label={name} title={name} />
      <span>
        nat. {crop.natural.toFixed(0)}, art. {crop.artificial.toFixed(0)}
      </span>
    </li>
  );
}

export function table(figure: PhotoAgreement): Table {
  const estimates = figure.panels.flatMap((panel) => [
    ...panel.estimates.map((each, i) => [figure.predictors[i]?.name ?? "", each] as const),
    ...(panel.lead === null ? [] : [["artificial less lines", panel.lead] as const]),
  ].map(([name, { units, images }]) => [
    "agreement", panel.name, name, rounded(units.value), rounded(units.low), rounded(units.high),
    rounded(images.low), rounded(images.high), null, null, null,
  ]));
  return {
    header: [
      "part", "measure", "predictor", "value", "low_95_units", "high_95_units", "low_95_images",
      "high_95_images", "unit", "natural_percentile", "artificial_percentile",
    ],
    rows: [
      ...estimates,
      ...figure.crops.map((each) => [
        "crop", each.miss, null, null, null, null, null, null, each.unit, rounded(each.natural), rounded(each.artificial),
      ]),
    ],
  };
}
