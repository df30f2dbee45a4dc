import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { familyColour } from "../lib/families";
import { percent } from "../lib/format";
import type { FamilySharesFigure, LayerShares, ShareBar } from "../types";
import "./families.css";

const METRICS: ReadonlyArray<readonly [ShareBar["metric"], string]> = [
  ["sum", "sum of |w|"],
  ["energy", "energy w²"],
  ["positive", "positive weights"],
  ["negative", "negative weights"],
  ["active", "sum of |w| times activation"],
];
const PLACES: ReadonlyArray<readonly [ShareBar["place"], string]> = [
  ["peak", "the position of greatest weight"],
  ["all", "all positions"],
];

/** Bars of family shares a layer, under one measure and in one place at a time. */
export function Body({ figure }: { figure: FamilySharesFigure }) {
  const [metric, setMetric] = useState<ShareBar["metric"]>("sum");
  const [place, setPlace] = useState<ShareBar["place"]>("peak");
  return (
    <div class="shares">
      <div class="controls" data-unprinted>
        <Choice label="Measure" options={METRICS} value={metric} set={setMetric} />
        <Choice label="At" options={PLACES} value={place} set={setPlace} />
      </div>
      <p class="figure-about">
        {`Shares of the ${said(METRICS, metric)}, at ${said(PLACES, place)}`}
      </p>
      <div class="shares-layers">
        {figure.layers.map((layer) => (
          <Layer layer={layer} metric={metric} place={place} />
        ))}
      </div>
    </div>
  );
}

function said<V extends string>(
  options: ReadonlyArray<readonly [V, string]>,
  value: V,
): string {
  return options.find(([each]) => each === value)?.[1] ?? value;
}

function Choice<V extends string>(props: {
  label: string;
  options: ReadonlyArray<readonly [V, string]>;
  value: V;
  set: (value: V) => void;
}) {
  return (
    <label>
      {props.label}{" "}
      <select
        value={props.value}
        onChange={(event) => {
          const found = props.options.find(([value]) => value === event.currentTarget.value);
          if (found !== undefined) props.set(found[0]);
        }}
      >
        {props.options.map(([value, text]) => (
          <option value={value} selected={value === props.value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Layer(props: {
  layer: LayerShares;
  metric: ShareBar["metric"];
  place: ShareBar["place"];
}) {
  const { layer, metric, place } = props;
  const bars = layer.bars
    .filter((each) => each.metric === metric && each.place === place)
    .sort((a, b) => b.share - a.share);
  const families = new Map(layer.families.map((each) => [each.family, each]));
  const longest = Math.max(0.1, ...bars.map((each) => Math.max(each.high ?? 0, each.share)));
  const most = Math.max(longest, ...layer.families.map((each) => each.evenly)) * 1.02;
  const at = (value: number) => `${(value / most) * 100}%`;
  return (
    <section class="shares-layer">
      <h3>{layer.layer}</h3>
      <ul>
        {bars.map((bar) => {
          const family = families.get(bar.family);
          const sure = bar.low !== null && bar.high !== null;
          const between = sure ? `${percent(bar.low)} to ${percent(bar.high)}` : "too few units";
          const evenly = family?.evenly ?? 0;
          return (
            <li
              title={`${bar.family}, ${family?.units ?? 0} units: ${percent(bar.share)} (${between}); evenly ${percent(evenly)}`}
            >
              <span class="shares-name">{bar.family}</span>
              <span class="shares-track">
                <i
                  class="shares-bar"
                  style={{ width: at(bar.share), background: familyColour(bar.family) }}
                />
                <i class="shares-even" style={{ left: at(evenly) }} />
                {sure && (
                  <i
                    class="shares-whisker"
                    style={{
                      left: at(bar.low as number),
                      width: at((bar.high as number) - (bar.low as number)),
                    }}
                  />
                )}
              </span>
              <span class="shares-value">{percent(bar.share)}</span>
            </li>
          );
        })}
      </ul>
      {layer.published !== null && (
        <p class="shares-published">
          Published for InceptionV1’s 3b:379: {layer.published}. How it was measured is not stated.
        </p>
      )}
    </section>
  );
}

export function table(figure: FamilySharesFigure): Table {
  const rows = figure.layers.flatMap((layer) =>
    layer.bars.map((bar) => {
      const family = layer.families.find((each) => each.family === bar.family);
      return [
        layer.layer,
        bar.family,
        family?.units ?? null,
        family?.evenly ?? null,
        bar.metric,
        bar.place,
        bar.share,
        bar.low,
        bar.high,
      ];
    }),
  );
  return {
    header: ["layer", "family", "units", "share_of_units", "measure", "place", "share", "low", "high"],
    rows,
  };
}
