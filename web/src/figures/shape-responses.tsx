import { useEffect, useRef } from "preact/hooks";
import type { Table } from "../lib/csv";
import { percent } from "../lib/format";
import { bytes } from "../lib/map2d";
import { usePicture } from "../lib/picture";
import { Key } from "../parts/key";
import { Numbers, rivalRows, Rivals } from "../parts/rivals";
import { Swatch } from "../parts/swatch";
import type { Map2D, ShapeResponsesFigure } from "../types";

const WIDE = 100;
const HIGH = 56;

/** A card for every shape, kind by kind: the drawing, both mean profiles and their heights. */
export function Body({ figure }: { figure: ShapeResponsesFigure }) {
  const picture = usePicture(figure.sprite);
  const top = Math.max(1, ...[figure.natural, figure.artificial].map(largest));
  return (
    <div class="shapes">
      <Key>
        <Swatch shape="line" colour="var(--natural)">
          natural
        </Swatch>
        <Swatch shape="dashed" colour="var(--artificial)">
          artificial
        </Swatch>
        <span class="key-item">across: −180° to 180° from the unit’s own orientation</span>
      </Key>
      {figure.kinds.map((kind) => (
        <section class="shape-kind" aria-label={kind.name}>
          <h3>
            {kind.name}
            <small>
              {kind.correlation.value === null ? (
                "no natural unit responds"
              ) : (
                <>
                  correlation <Numbers estimate={kind.correlation} />, control{" "}
                  <Numbers estimate={kind.control} />
                </>
              )}
            </small>
          </h3>
          <ul>
            {figure.shapes.map((shape, row) =>
              shape.kind !== kind.name ? null : (
                <li>
                  <Drawing figure={figure} picture={picture} at={row} name={shape.name} />
                  <svg
                    viewBox={`0 0 ${WIDE} ${HIGH}`}
                    role="img"
                    aria-label={`${shape.name}: best response natural ${percent(shape.natural.value)}, artificial ${percent(shape.artificial.value)} of the peak on curves`}
                  >
                    <path class="ring" d={`M0 .5H${WIDE}M0 ${HIGH - 0.5}H${WIDE}M${WIDE / 2} 0V${HIGH}`} />
                    <path class="profile natural" d={profile(figure.natural, row, top)} />
                    <path class="profile artificial" d={profile(figure.artificial, row, top)} />
                  </svg>
                  <p class="shape-name">{shape.name}</p>
                  <p class="shape-best soft">
                    best <b class="natural">{percent(shape.natural.value)}</b>{" "}
                    <b class="artificial">{percent(shape.artificial.value)}</b>
                  </p>
                </li>
              ),
            )}
          </ul>
        </section>
      ))}
      <Rivals rivals={figure.rivals} label="Mean correlation over all shapes and orientations" />
    </div>
  );
}

function Drawing(props: {
  figure: ShapeResponsesFigure;
  picture: HTMLImageElement | null;
  at: number;
  name: string;
}) {
  const { picture, at } = props;
  const { cell, columns } = props.figure;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || picture === null) return;
    const [x, y] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    context.drawImage(picture, x, y, cell, cell, 0, 0, cell, cell);
  }, [picture, at, cell, columns]);
  return (
    <canvas ref={canvas} width={cell} height={cell} role="img" aria-label={`Drawing: ${props.name}`} />
  );
}

function row(map: Map2D, at: number): number[] {
  const all = bytes(map);
  return Array.from({ length: map.cols }, (_, i) => (all[at * map.cols + i] ?? 0) * map.scale);
}

function largest(map: Map2D): number {
  return Math.max(0, ...bytes(map)) * map.scale;
}

/** From −180° to 180°: the last point is the first. */
function profile(map: Map2D, at: number, top: number): string {
  const values = row(map, at);
  return `M${[...values, values[0] ?? 0]
    .map((each, i) => `${((WIDE * i) / values.length).toFixed(1)} ${(HIGH - 0.5 - ((HIGH - 1) * each) / top).toFixed(1)}`)
    .join("L")}`;
}

export function table(figure: ShapeResponsesFigure): Table {
  const rows = [
    ...figure.kinds.flatMap((each) => [
      ["correlation", each.name, "", each.correlation.value, each.correlation.low, each.correlation.high],
      ["correlation, other orientations", each.name, "", each.control.value, each.control.low, each.control.high],
    ]),
    ...figure.shapes.flatMap((each) =>
      (["natural", "artificial", "correlation"] as const).map((what) => [
        what === "correlation" ? what : `best response, ${what}`,
        each.kind,
        each.name,
        each[what].value,
        each[what].low,
        each[what].high,
      ]),
    ),
    ...rivalRows(figure.rivals, []).map(([what, , , ...numbers]) => [what ?? null, "all", "", ...numbers]),
  ];
  const curves = figure.shapes.flatMap((each, at) =>
    (["natural", "artificial"] as const).flatMap((side) =>
      row(figure[side], at).map((response, i) => [
        `mean response at ${Number((-180 + (360 * i) / figure[side].cols).toFixed(2))} degrees, ${side}`,
        each.kind,
        each.name,
        Number(response.toPrecision(4)),
        null,
        null,
      ]),
    ),
  );
  return { header: ["quantity", "kind", "shape", "value", "low_95", "high_95"], rows: [...rows, ...curves] };
}
