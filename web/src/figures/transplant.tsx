import { barX, link, pointer, ruleX, text, tip, type PlotOptions } from "@observablehq/plot";
import type { ComponentChild } from "preact";
import { useCallback, useState } from "preact/hooks";
import type { Cell, Table } from "../lib/csv";
import { rounded } from "../lib/signed";
import { Chart } from "../parts/chart";
import { Key } from "../parts/key";
import { Options } from "../parts/options";
import { type Column, Sortable } from "../parts/sortable";
import { Swatch } from "../parts/swatch";
import type { Measured, TransplantClass, TransplantFigure, TransplantMetric, TransplantRow } from "../types";
import "./transplant.css";

type Shown = "measured" | "variant" | "ceiling" | "control";

const LOOKS: Record<Shown, { colour: string; hollow: boolean; key: string }> = {
  measured: { colour: "var(--artificial)", hollow: false, key: "hand-written family" },
  variant: { colour: "var(--artificial)", hollow: true, key: "the same, not centred" },
  ceiling: { colour: "var(--near-miss)", hollow: false, key: "natural units, changed" },
  control: { colour: "var(--near-miss)", hollow: true, key: "control" },
};
/** A share of a noisy cost can be anything: the axis ends here. */
const FARTHEST = [-1, 2] as const;

const shown = (row: TransplantRow): row is TransplantRow & { role: Shown } => row.role in LOOKS;

/** What every variant brings back, what silencing costs, all scores, and what may explain the rest. */
export function Body({ figure }: { figure: TransplantFigure }) {
  const [at, setAt] = useState(0);
  const rows = figure.rows.filter(shown);
  const present = (Object.keys(LOOKS) as Shown[]).filter((role) => rows.some((row) => row.role === role));
  const metric = figure.metrics[at];
  return (
    <div class="transplant">
      {metric !== undefined && (
        <>
          <Options
            label="Recovered share by"
            value={at}
            onChange={setAt}
            options={figure.metrics.map((each) => ({ name: each.title, content: each.title }))}
          />
          <Key>
            {present.map((role) => (
              <Swatch shape="square" colour={LOOKS[role].colour} hollow={LOOKS[role].hollow}>
                {LOOKS[role].key}
              </Swatch>
            ))}
          </Key>
          <Recovered figure={figure} metric={metric} />
        </>
      )}
      <h3>What silencing costs</h3>
      <Silenced figure={figure} />
      <h3>Scores</h3>
      <Scores figure={figure} />
      {figure.causes.length > 0 && <Causes figure={figure} />}
      {figure.classes.length > 0 && <Classes figure={figure} />}
      {figure.notes.length > 0 && (
        <>
          <h3>Notes</h3>
          <ul class="transplant-notes">
            {figure.notes.map((note) => (
              <li>{note}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

interface Point {
  name: string;
  title: string;
  look: { colour: string; hollow: boolean };
  strong: boolean;
  value: number;
  range: [number, number] | null;
  label: string;
  spoken: string;
}

function Recovered({ figure, metric }: { figure: TransplantFigure; metric: TransplantMetric }) {
  const options = useCallback(
    (width: number): PlotOptions => {
      const points = figure.rows.filter(shown).flatMap((row) => recovered(row, metric));
      const ends = points.flatMap(({ value, range }) => [value, ...(range ?? [])]);
      const low = Math.max(FARTHEST[0], Math.min(0, ...ends));
      const high = Math.min(FARTHEST[1], Math.max(1, ...ends));
      // A narrow chart has no room for both ends in one line.
      const above = width < NARROW ? 16 : 0;
      const chart = bars(points, [low, high], width, 28 + above);
      const end = { frameAnchor: "top", fill: "var(--soft)" } as const;
      return {
        ...chart,
        x: {
          label: null,
          domain: [low, high],
          ticks: Math.max(3, Math.floor(width / 90)),
          tickFormat: (each: number) => `${minus((100 * each).toFixed(0))}%`,
        },
        marks: [
          ruleX([0, 1], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
          text([metric.zero], { ...end, x: () => 0, text: (each: string) => each, dy: -18 - above, textAnchor: above > 0 ? "start" : "middle", dx: above > 0 ? -4 : 0 }),
          text(["intact"], { ...end, x: () => 1, text: (each: string) => each, dy: -18 }),
          ...(chart.marks ?? []),
        ],
      };
    },
    [figure, metric],
  );
  return <Chart label={`Recovered share by ${metric.title} of ${figure.rows.filter(shown).length} variants, from 0 for the ${metric.zero} to 1 for the intact network; the numbers of all measures are in the CSV file.`} options={options} />;
}

function recovered(row: TransplantRow & { role: Shown }, metric: TransplantMetric): Point[] {
  const share = row.score.recovered[metric.name];
  if (share === null) return [];
  const { behind } = row.score;
  const less = behind === null ? "" : `\nhand-written family ahead by ${between(behind, whole)} points of the KL`;
  return [
    {
      name: row.score.name,
      title: row.title,
      look: LOOKS[row.role],
      strong: row.role === "measured",
      value: share.value,
      range: share.low === null || share.high === null ? null : [share.low, share.high],
      label: between(share, percents),
      spoken: `${row.title}\n${between(share, percents)} comes back${less}`,
    },
  ];
}

function Silenced({ figure }: { figure: TransplantFigure }) {
  const options = useCallback(
    (width: number): PlotOptions => {
      const write = nats(figure);
      const points = figure.rows
        .filter((row) => row.role === "silenced")
        .map(({ score, title }): Point => {
          const { value, low, high } = score.kl;
          const label = between(score.kl, write);
          const own = score.name === "ablated" || score.name === "mean_ablated";
          return {
            name: score.name,
            title,
            look: { colour: own ? "var(--natural)" : "var(--near-miss)", hollow: !own },
            strong: false,
            value,
            range: low === null || high === null ? null : [low, high],
            label,
            spoken: `${title}\nKL ${label} nats`,
          };
        });
      const most = Math.max(1e-9, ...points.flatMap(({ value, range }) => [value, ...(range ?? [])]));
      return {
        ...bars(points, [0, 1.02 * most], width),
        x: {
          label: "KL from the intact network, nats",
          labelAnchor: "center",
          labelArrow: "none",
          domain: [0, 1.02 * most],
          ticks: Math.max(3, Math.floor(width / 110)),
        },
      };
    },
    [figure],
  );
  return (
    <Chart
      label="KL from the intact network with the family or other units silenced; the numbers are in the table of scores."
      options={options}
    />
  );
}

const NARROW = 620;

/** Bars with their intervals between names and numbers, which a narrow chart has above each bar. */
function bars(points: Point[], [low, high]: readonly [number, number], width: number, top = 6): PlotOptions {
  const narrow = width < NARROW;
  const [row, inset, below] = narrow ? [60, 40, 8] : [30, 8, 8];
  const middle = inset + (row - inset - below) / 2 - row / 2;
  const [left, right] = narrow ? [24, 24] : [210, 200];
  const clamp = (value: number) => Math.min(high, Math.max(low, value));
  const ranges = points.filter((each) => each.range !== null);
  const range = (stroke: string, strokeWidth: number) =>
    link(ranges, {
      x1: (each: Point) => clamp(each.range?.[0] ?? 0),
      x2: (each: Point) => clamp(each.range?.[1] ?? 0),
      y1: "name",
      y2: "name",
      dy: middle,
      stroke,
      strokeWidth,
    });
  // What goes on beyond the axis says so.
  const beyond = (side: 0 | 1, sign: string) =>
    text(
      ranges.filter(({ range }) => range !== null && clamp(range[side]) !== range[side]),
      { x: side === 0 ? low : high, y: "name", text: () => sign, dy: middle - 1, dx: side === 0 ? -6 : 6, fontSize: 16 },
    );
  const words = { y: "name", fill: "currentColor", stroke: "var(--paper)", strokeWidth: 4 };
  return {
    height: points.length * row + top + 42,
    marginLeft: left,
    marginRight: right,
    marginTop: top,
    marginBottom: 42,
    y: { type: "band", domain: points.map((each) => each.name), axis: null, padding: 0, round: false },
    marks: [
      barX(points, {
        x1: () => clamp(0),
        x2: (each: Point) => clamp(each.value),
        y: "name",
        insetTop: inset,
        insetBottom: below,
        fill: (each: Point) => each.look.colour,
        fillOpacity: (each: Point) => (each.look.hollow ? 0 : each.strong ? 0.9 : 0.55),
        stroke: (each: Point) => each.look.colour,
        strokeWidth: 1.3,
      }),
      range("var(--paper)", 5),
      range("var(--ink)", 2),
      beyond(0, "‹"),
      beyond(1, "›"),
      ...[false, true].flatMap((strong) => {
        const some = points.filter((each) => each.strong === strong);
        const fontWeight = strong ? 700 : 400;
        const start = { ...words, frameAnchor: "left", textAnchor: "start", dx: 4 - left, fontWeight } as const;
        const end = { ...words, frameAnchor: "right", textAnchor: "end", dx: right - 4, fontWeight } as const;
        return [
          text(some, { ...start, text: "title", dy: narrow ? -20 : 0 }),
          text(some, { ...(narrow ? start : end), text: "label", dy: narrow ? -3 : 0 }),
        ];
      }),
      tip(points, pointer({ x: (each: Point) => clamp(each.value), y: "name", title: "spoken" })),
    ],
  };
}

/** Every variant with its metrics, what they change, and the article's own figures. */
function Scores({ figure }: { figure: TransplantFigure }) {
  const { published } = figure;
  const write = nats(figure);
  const labelled = figure.rows.some((row) => row.score.top1 !== null);
  const article: Record<string, number> = {
    intact: published.intact,
    ablated: published.ablated,
    transplanted: published.transplanted,
  };
  return (
    <>
      <p class="small">
        Below each value, its change from the intact network with the 95% interval: points of
        accuracy, loss. The last column is the article’s, of inception5h on{" "}
        {published.images.toLocaleString("en")} validation images.
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Scores of every variant">
        <table class="transplant-scores">
          <thead>
            <tr>
              <th scope="col">Variant</th>
              {labelled && (
                <>
                  <th scope="col" class="numeric">Top-1</th>
                  <th scope="col" class="numeric">Top-5</th>
                  <th scope="col" class="numeric">Loss</th>
                </>
              )}
              <th scope="col" class="numeric">KL, nats</th>
              <th scope="col" class="numeric">KL recovered</th>
              <th scope="col" class="numeric">Hand-written ahead, points</th>
              <th scope="col" class="numeric">Article, top-5</th>
            </tr>
          </thead>
          <tbody>
            {figure.rows.map(({ title, role, score }) => (
              <tr class={role === "measured" ? "strong" : undefined}>
                <th scope="row">
                  {title}
                  {score.draws > 1 && <Change>mean of {score.draws} draws</Change>}
                </th>
                {labelled && (
                  <>
                    <Value value={fine(score.top1)} change={changed(score.top1_change, points)} intact={role === "intact"} />
                    <Value value={fine(score.top5)} change={changed(score.top5_change, points)} intact={role === "intact"} />
                    <Value
                      value={score.loss === null ? "–" : score.loss.toFixed(3)}
                      change={changed(score.loss_change, losses)}
                      intact={role === "intact"}
                    />
                  </>
                )}
                <Estimate found={role === "intact" ? null : score.kl} write={write} />
                <Estimate found={role === "intact" || isRandom(score.name) ? null : score.recovered.kl} write={percents} />
                <Estimate found={isRandom(score.name) || role === "silenced" ? null : score.behind} write={whole} />
                <td class="numeric">{score.name in article ? fine(article[score.name] ?? null) : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Other units silenced have a cost, but nothing that they could bring back. */
const isRandom = (name: string) => name.startsWith("random");

function Value(props: { value: string; change: string | null; intact: boolean }) {
  return (
    <td class="numeric">
      {props.value}
      {!props.intact && props.change !== null && <Change>{props.change}</Change>}
    </td>
  );
}

function Estimate({ found, write }: { found: Measured | null; write: Write }) {
  if (found === null) return <td class="numeric">–</td>;
  const [value, ...ends] = write([found.value, ...known(found)]);
  return (
    <td class="numeric">
      {value}
      {ends.length === 2 && <Change>{ends.join(" to ")}</Change>}
    </td>
  );
}

function Change({ children }: { children: ComponentChild }) {
  return <span class="interval soft">{children}</span>;
}

const CAUSES: Record<string, string> = {
  grey: "No colour",
  centring: "Not centred",
  scale: "Scale and threshold",
};

/** What may explain the rest: each suspect with its cost. */
function Causes({ figure }: { figure: TransplantFigure }) {
  return (
    <>
      <h3>What may explain the rest</h3>
      <dl class="transplant-causes">
        {figure.causes.map((cause) => (
          <div>
            <dt>{CAUSES[cause.name] ?? cause.name}</dt>
            <dd>
              {cause.sentence}{" "}
              <span class="soft">
                Cost {between(cause.cost, percents)}
                {cause.of_gap !== null && `; of the gap ${between(cause.of_gap, percents)}`}.
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const CLASSES: ReadonlyArray<Column<TransplantClass>> = [
  { name: "Class", value: (row) => row.name },
  { name: "Images", numeric: true, value: (row) => row.images },
  ...(["intact", "silenced", "hand-written"] as const).map(
    (name, i): Column<TransplantClass> => ({
      name: `Top-5 ${name}`,
      numeric: true,
      value: (row) => row.top5[i] ?? null,
      show: (row) => fine(row.top5[i] ?? null),
    }),
  ),
  ...(["silenced", "hand-written"] as const).map(
    (name, i): Column<TransplantClass> => ({
      name: `KL ${name}`,
      numeric: true,
      value: (row) => row.kl[i + 1] ?? null,
      show: (row) => (row.kl[i + 1] ?? 0).toFixed(3),
    }),
  ),
];

function Classes({ figure }: { figure: TransplantFigure }) {
  return (
    // It scrolls, so a picture of it would show more rows than there is room for.
    <div class="transplant-classes" data-unprinted>
      <h3>
        Classes{" "}
        <span class="soft">
          ({figure.classes.length} with {figure.least_per_class} images or more; no intervals)
        </span>
      </h3>
      <Sortable label="Table of the classes" columns={CLASSES} rows={figure.classes} />
    </div>
  );
}

/** Numbers as text, all to the same place. */
type Write = (values: ReadonlyArray<number>) => string[];

const minus = (value: string) => (/^-[0.]*$/.test(value) ? value.slice(1) : value.replace("-", "−"));

/** Shares of 1 as percentages, with a decimal where all are small. */
const percents: Write = (values) => {
  const digits = Math.max(...values.map(Math.abs)) < 0.0995 ? 1 : 0;
  return values.map((each) => `${minus((100 * each).toFixed(digits))}%`);
};
/** KL, all to the same place: three digits of the largest. */
function nats(figure: TransplantFigure): Write {
  const largest = Math.max(0, ...figure.rows.map((row) => row.score.kl.value));
  const digits = largest === 0 ? 0 : Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  return (values) => values.map((each) => each.toFixed(digits));
}
const signedTo = (scale: number, digits: number): Write => (values) =>
  values.map((each) => {
    const text = minus((scale * each).toFixed(digits));
    return each > 0 && Number(text) !== 0 ? `+${text}` : text;
  });
const points = signedTo(100, 1);
const whole = signedTo(100, 0);
const losses = signedTo(1, 3);

function known({ low, high }: Measured): number[] {
  return low === null || high === null ? [] : [low, high];
}

function between(found: Measured, write: Write): string {
  const [value = "", ...ends] = write([found.value, ...known(found)]);
  return ends.length === 2 ? `${value} (${ends.join(" to ")})` : value;
}

function changed(found: Measured | null, write: Write): string | null {
  return found === null ? null : between(found, write);
}

/** A share of images. */
function fine(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(1)}%`;
}

export function table(figure: TransplantFigure): Table {
  const three = (found: Measured | null): Cell[] =>
    found === null ? [null, null, null] : [found.value, found.low, found.high].map(rounded);
  const bounds = (name: string) => [name, `${name}_low_95`, `${name}_high_95`];
  const shares = ["kl", "kl_vs_mean", "loss", "top1", "top5"] as const;
  return {
    header: [
      "part", "name", "role", "draws_or_images", "top1", "top5", "loss", ...bounds("kl"), ...bounds("top1_change"),
      ...bounds("top5_change"), ...bounds("loss_change"), ...shares.flatMap((each) => bounds(`recovered_${each}`)),
      ...bounds("behind"),
    ],
    rows: [
      ...figure.rows.map(({ role, score }) => [
        "variant", score.name, role, score.draws, rounded(score.top1), rounded(score.top5), rounded(score.loss),
        ...three(score.kl), ...three(score.top1_change), ...three(score.top5_change), ...three(score.loss_change),
        ...shares.flatMap((each) => three(score.recovered[each])), ...three(score.behind),
      ]),
      ...figure.classes.flatMap((each) =>
        ["intact", "ablated", "transplanted"].map((name, i) => [
          "class", each.name, name, each.images, rounded(each.top1[i] ?? null), rounded(each.top5[i] ?? null), null,
          rounded(each.kl[i] ?? null), ...Array<Cell>(29).fill(null),
        ]),
      ),
      ...(["intact", "ablated", "transplanted"] as const).map((name) => [
        "article", name, "inception5h", figure.published.images, null, figure.published[name], null,
        ...Array<Cell>(30).fill(null),
      ]),
    ],
  };
}
