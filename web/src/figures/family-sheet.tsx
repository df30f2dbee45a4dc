import { useEffect, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { familyColour } from "../lib/families";
import { degrees } from "../lib/format";
import { direction } from "../lib/geometry";
import { usePicture } from "../lib/picture";
import { CurveIcon } from "../parts/icons";
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
                  <Tick row={row} unit={unit} />
                  {unit.sign < 0 && "−"}
                  {unit.channel}
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
    />
  );
}

/** The orientation: a curve, or a stroke along the line whose normal it is. */
function Tick({ row, unit }: { row: SheetRow; unit: SheetUnit }) {
  if (unit.orientation === null) return null;
  const shape = row.family !== "brightness gradient" && row.family !== "colour contrast";
  if (row.period === 360 && shape) {
    return <CurveIcon angle={unit.orientation} />;
  }
  const across = row.period === 360 ? unit.orientation : unit.orientation + 90;
  const [x, y] = direction(across).map((each) => 9 * each) as [number, number];
  return (
    <svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true">
      <path d={`M${-x} ${-y}L${x} ${y}`} />
      {row.period === 360 && <circle cx={x} cy={y} r="3.5" />}
    </svg>
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
