import type { Table } from "../lib/csv";
import { degrees, percent, short } from "../lib/format";
import { direction } from "../lib/geometry";
import { opens } from "../lib/units";
import { Key, KeyItem } from "../parts/key";
import { UnitLink } from "../parts/unit";
import type { RadialCurve, RadialCurves, UnitPair } from "../types";

const REACH = 46;

/** One polar plot a unit, with the artificial unit nearest to it drawn over it. */
export function Body({ figure }: { figure: RadialCurves }) {
  const natural = new Map(figure.natural.map((each) => [each.unit, each]));
  const artificial = new Map(figure.artificial.map((each) => [each.unit, each]));
  return (
    <>
      <Key>
        <KeyItem mark="natural">natural</KeyItem>
        {figure.artificial.length > 0 && <KeyItem mark="artificial">artificial</KeyItem>}
        <KeyItem mark="echo">where an echo would be</KeyItem>
      </Key>
      <div class="polars">
        {figure.pairs.map((pair, index) => (
          <Polar
            natural={natural.get(pair.natural)}
            artificial={artificial.get(pair.artificial ?? "")}
            pair={pair}
            halfWidth={figure.echo_half_width}
            labelled={index === 0}
          />
        ))}
      </div>
    </>
  );
}

function Polar(props: {
  natural: RadialCurve | undefined;
  artificial: RadialCurve | undefined;
  pair: UnitPair;
  halfWidth: number;
  labelled: boolean;
}) {
  const { natural, artificial, halfWidth } = props;
  if (natural === undefined) throw new Error(`${props.pair.natural} has no tuning curve`);
  const [x, y] = direction(natural.orientation);
  return (
    <div class="polar">
      <svg viewBox="-62 -62 124 124" role="img" aria-label={describe(natural, artificial)} {...opens(natural.unit)}>
        <path class="sector" d={sector(natural.orientation + 180, halfWidth)} />
        <circle class="ring" r={REACH} />
        <circle class="ring" r={REACH / 2} />
        <path class="ring" d={`M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`} />
        <path class="curve natural" d={outline(natural)} />
        {artificial && <path class="curve artificial" d={outline(artificial)} {...opens(artificial.unit)} />}
        <path
          class="tick"
          d={`M${x * (REACH + 1)} ${y * (REACH + 1)}L${x * (REACH + 5)} ${y * (REACH + 5)}`}
        />
        {props.labelled && (
          <g class="angles">
            {[0, 90, 180, 270].map((angle) => {
              const [dx, dy] = direction(angle);
              return (
                <text x={dx * 53.5} y={dy * 56 + 2.5} text-anchor={anchor(dx)}>
                  {angle}°
                </text>
              );
            })}
          </g>
        )}
      </svg>
      <p class="polar-name">
        <UnitLink class="natural" unit={natural.unit} title={natural.unit}>
          {short(natural.unit)}
        </UnitLink>{" "}
        {degrees(natural.orientation)}
      </p>
      {artificial && (
        <p class="polar-name">
          <UnitLink class="artificial" unit={artificial.unit} title={artificial.unit}>
            {short(artificial.unit)}
          </UnitLink>{" "}
          {degrees(artificial.orientation)}
        </p>
      )}
      <p class="polar-echo">
        echo {percent(natural.echo)}
        {artificial && ` · ${percent(artificial.echo)}`}
      </p>
    </div>
  );
}

function anchor(side: number): "start" | "middle" | "end" {
  return Math.abs(side) < 0.5 ? "middle" : side > 0 ? "start" : "end";
}

function outline(curve: RadialCurve): string {
  const size = curve.values.length;
  const points = curve.values.map((each, i) => {
    const [x, y] = direction((360 * i) / size);
    const reach = Math.max(each, 0) * REACH;
    return `${(x * reach).toFixed(2)} ${(y * reach).toFixed(2)}`;
  });
  return `M${points.join("L")}Z`;
}

function sector(middle: number, halfWidth: number): string {
  const [ax, ay] = direction(middle - halfWidth);
  const [bx, by] = direction(middle + halfWidth);
  const large = halfWidth > 90 ? 1 : 0;
  return `M0 0L${ax * REACH} ${ay * REACH}A${REACH} ${REACH} 0 ${large} 1 ${bx * REACH} ${by * REACH}Z`;
}

function describe(natural: RadialCurve, artificial: RadialCurve | undefined): string {
  const one = (each: RadialCurve) =>
    `${each.unit} prefers ${degrees(each.orientation)}, echo ${percent(each.echo)}`;
  return artificial ? `${one(natural)}; artificial ${one(artificial)}` : one(natural);
}

export function table(figure: RadialCurves): Table {
  const families = { natural: figure.natural, artificial: figure.artificial };
  const rows = Object.entries(families).flatMap(([family, curves]) =>
    curves.flatMap(({ unit, values }) =>
      values.map((each, i) => [family, unit, (360 * i) / values.length, each]),
    ),
  );
  return { header: ["family", "unit", "orientation_deg", "response_of_peak"], rows };
}
