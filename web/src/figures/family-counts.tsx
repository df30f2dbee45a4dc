import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { FAMILIES, familyColour } from "../lib/families";
import { percent } from "../lib/format";
import type { FamilyCount, FamilyCounts, LayerFamilies } from "../types";
import "./families.css";

const OTHER = "other";

/** A stacked bar a layer; a family pointed at, or chosen in the key, is followed through all. */
export function Body({ figure }: { figure: FamilyCounts }) {
  const [pointed, setPointed] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const family = pointed ?? chosen;
  const names = order(figure);
  return (
    <div class="counts" onPointerLeave={() => setPointed(null)}>
      <div class="chips" role="group" aria-label="Families">
        {names.map((name) => (
          <button
            type="button"
            class={family !== null && family !== name ? "chip faded" : "chip"}
            aria-pressed={chosen === name}
            onClick={() => setChosen(chosen === name ? null : name)}
            onFocus={() => setPointed(name)}
            onBlur={() => setPointed(null)}
            onPointerEnter={() => setPointed(name)}
          >
            <i style={{ background: familyColour(name) }} />
            {name}
          </button>
        ))}
      </div>
      <p class="counts-readout" data-unprinted aria-live="polite">
        {family === null
          ? "Point at a family, or choose one here, to follow it from layer to layer."
          : `${family}: ${figure.layers.map((layer) => follow(layer, family)).join(", ")}`}
      </p>
      <div class="counts-rows">
        {figure.layers.map((layer) => (
          <div class="counts-row">
            <span class="unit">{layer.layer}</span>
            <div>
              <Bar name={layer.layer} families={layer.families} family={family} point={setPointed} />
              {layer.permuted.length > 0 && (
                <Bar
                  name={`${layer.layer} of the permuted copy`}
                  families={layer.permuted}
                  family={family}
                  point={setPointed}
                  thin
                />
              )}
            </div>
            <span class="counts-other">
              {`${percent(share(layer.families, OTHER))} other`}
              {layer.permuted.length > 0 && <small>{`permuted ${percent(share(layer.permuted, OTHER))}`}</small>}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

function Bar(props: {
  name: string;
  families: ReadonlyArray<FamilyCount>;
  family: string | null;
  point: (family: string) => void;
  thin?: boolean;
}) {
  const { families, family, point, thin } = props;
  const said = families.map((each) => `${each.family} ${percent(each.share)}`).join(", ");
  return (
    <div class={thin ? "stack thin" : "stack"} role="img" aria-label={`${props.name}: ${said}`}>
      {families.map((each) => (
        <span
          class={family !== null && family !== each.family ? "faded" : undefined}
          style={{ flexGrow: each.units, background: familyColour(each.family) }}
          title={`${each.family}: ${each.units} (${percent(each.share)})`}
          onPointerEnter={() => point(each.family)}
          onPointerDown={() => point(each.family)}
        >
          {/* A name where it fits: about 0.8 % of the bar a letter. */}
          {!thin && each.share * 100 > 1 + 0.95 * each.family.length && <b>{each.family}</b>}
        </span>
      ))}
    </div>
  );
}

/** The families there are, in the order that bars are stacked in. */
function order(figure: FamilyCounts): string[] {
  const all = figure.layers.flatMap((layer) => [...layer.families, ...layer.permuted]);
  const names = new Set(all.map((each) => each.family));
  return [...new Set([...FAMILIES, ...names])].filter((name) => names.has(name));
}

function share(families: ReadonlyArray<FamilyCount>, name: string): number {
  return families.find((each) => each.family === name)?.share ?? 0;
}

function follow(layer: LayerFamilies, family: string): string {
  const units = layer.families.find((each) => each.family === family)?.units ?? 0;
  return `${layer.layer} ${units} (${percent(units / layer.units)})`;
}

export function table(figure: FamilyCounts): Table {
  const rows = figure.layers.flatMap((layer) =>
    (["families", "permuted"] as const).flatMap((source) =>
      layer[source].map((each) => [
        layer.layer,
        source === "families" ? "network" : "permuted copy",
        each.family,
        each.units,
        each.share,
      ]),
    ),
  );
  return { header: ["layer", "network", "family", "units", "share"], rows };
}
