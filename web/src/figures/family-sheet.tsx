import { useEffect, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { familyColour } from "../lib/families";
import { degrees } from "../lib/format";
import { usePicture } from "../lib/picture";
import { opens } from "../lib/units";
import { OrientationIcon } from "../parts/orientation-icon";
import { UnitLink } from "../parts/unit";
import type { FamilySheet, SheetLayer, SheetRow, SheetUnit } from "../types";
import "./families.css";

/** A layer at a time: a row of thumbnails for each family. */
export function Body({ figure }: { figure: FamilySheet }) {
  const [at, setAt] = useState(figure.layers.length - 1);
  const layer = figure.layers[at];
  const picture = usePicture(layer?.sprite);
  if (layer === undefined) return <p class="note">No layer is shown.</p>;
  return (
    <div class="sheet">
      <div class="controls" role="group" aria-label="Layer" data-unprinted>
        {figure.layers.map((each, i) => (
          <button type="button" class="tab" aria-pressed={i === at} onClick={() => setAt(i)}>
            {each.layer}
          </button>
        ))}
      </div>
      <p class="figure-about">
        {`${layer.layer}: ${layer.shown === "filter" ? "weights on the pixels" : "images that excite"}, ${layer.pixels} × ${layer.pixels} px each`}
      </p>
      {layer.rows.map((row) => (
        <section class="sheet-row" aria-label={`${row.family} in ${layer.layer}`}>
          <h3>
            <i style={{ background: familyColour(row.family) }} />
            {row.family}
            <small>
              {row.units.length < row.members ? `${row.units.length} of ` : ""}
              {row.members}
            </small>
          </h3>
          <ul>
            {row.units.map((unit) => (
              <li key={unit.channel}>
                <Thumb layer={layer} row={row} unit={unit} picture={picture} />
                <span class="sheet-name">
                  <OrientationIcon family={row.family} period={row.period} angle={unit.orientation} />
                  <UnitLink class="plain" unit={`${layer.layer}:${unit.channel}`}>
                    {unit.sign < 0 && "−"}
                    {unit.channel}
                  </UnitLink>
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Thumb(props: {
  layer: SheetLayer;
  row: SheetRow;
  unit: SheetUnit;
  picture: HTMLImageElement | null;
}) {
  const { layer, row, unit, picture } = props;
  const { cell, columns } = layer;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || picture === null) return;
    const x = (unit.cell % columns) * cell;
    const y = Math.floor(unit.cell / columns) * cell;
    context.drawImage(picture, x, y, cell, cell, 0, 0, cell, cell);
  }, [picture, unit.cell, columns, cell]);
  const orientation = unit.orientation === null ? "" : `, ${degrees(unit.orientation)}`;
  const name = `${layer.layer}:${unit.channel}, ${row.family}${orientation}, score ${unit.score.toFixed(2)}`;
  return (
    <canvas
      ref={canvas}
      width={cell}
      height={cell}
      class={layer.pixels < 16 ? "coarse" : undefined}
      role="img"
      aria-label={name}
      title={name}
      {...opens(`${layer.layer}:${unit.channel}`)}
    />
  );
}

export function units(figure: FamilySheet): string[] {
  return figure.layers.flatMap(({ layer, rows }) =>
    rows.flatMap((row) => row.units.map((unit) => `${layer}:${unit.channel}`)),
  );
}

export function table(figure: FamilySheet): Table {
  const rows = figure.layers.flatMap((layer) =>
    layer.rows.flatMap((row) =>
      row.units.map((unit) => [
        layer.layer,
        row.family,
        unit.channel,
        unit.sign,
        unit.orientation,
        unit.score,
      ]),
    ),
  );
  return { header: ["layer", "family", "channel", "sign", "orientation_deg", "score"], rows };
}
