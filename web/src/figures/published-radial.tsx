import type { Table } from "../lib/csv";
import { degrees, percent } from "../lib/format";
import { direction } from "../lib/geometry";
import { bytes } from "../lib/map2d";
import { polarPath, sectorPath } from "../lib/polar";
import { CurveIcon } from "../parts/icons";
import { Key } from "../parts/key";
import { fixed, rivalRows, Rivals } from "../parts/rivals";
import { Swatch } from "../parts/swatch";
import type { Estimate, Map2D, PublishedRadialFigure, PublishedUnit, RadialMeans } from "../types";

const REACH = 46;

/** A polar plot for every published unit, then widths and echoes, then what else agrees. */
export function Body({ figure }: { figure: PublishedRadialFigure }) {
  return (
    <div class="published">
      <Key>
        <Swatch shape={figure.published === null ? "area" : "line"} colour="var(--natural)">
          {figure.published === null ? "published width at half the peak" : "published"}
        </Swatch>
        <Swatch shape="line" colour="var(--artificial)">
          artificial
        </Swatch>
        <Swatch shape="dashed" colour="var(--near-miss)">
          {`Gaussian, ${degrees(figure.gaussian_width)} wide`}
        </Swatch>
      </Key>
      <div class="polars">
        {figure.units.map((unit, row) => (
          <Polar figure={figure} unit={unit} row={row} />
        ))}
      </div>
      <Means figure={figure} />
      <Rivals rivals={figure.rivals} label="Mean correlation of radial tuning curves" />
    </div>
  );
}

function Polar(props: { figure: PublishedRadialFigure; unit: PublishedUnit; row: number }) {
  const { figure, unit, row } = props;
  const about = `${unit.unit}, ${degrees(unit.orientation)}: published ${degrees(unit.fwhm)} wide, echo ${percent(unit.echo)}; artificial ${degrees(unit.artificial_fwhm)} wide, echo ${percent(unit.artificial_echo)}${unit.correlation === null ? "" : `; correlation ${fixed(unit.correlation)}, of the Gaussian ${fixed(unit.gaussian ?? 0)}`}`;
  const [x, y] = direction(unit.orientation);
  const opposite = -unit.echo * REACH;
  return (
    <div class="polar" title={about}>
      <svg viewBox="-54 -54 108 108" role="img" aria-label={about}>
        <circle class="ring" r={REACH} />
        <circle class="ring" r={REACH / 2} />
        <path class="ring" d={`M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`} />
        {figure.published === null ? (
          <>
            <path class="curve natural" d={sectorPath(unit.orientation, unit.fwhm / 2, REACH / 2)} />
            <path class="tick" d={`M0 0L${(x * opposite).toFixed(2)} ${(y * opposite).toFixed(2)}`} />
          </>
        ) : (
          <path class="curve natural" d={polarPath(values(figure.published, row), REACH)} />
        )}
        <path class="curve plain" d={polarPath(gaussian(unit.orientation, figure.gaussian_width), REACH)} />
        <path class="curve artificial" d={polarPath(values(figure.artificial, row), REACH)} />
      </svg>
      <p class="polar-name with-shape">
        <CurveIcon angle={unit.orientation} />
        <span class="unit" title={unit.unit}>
          {unit.unit.slice(unit.unit.lastIndexOf(":") + 1)}
        </span>
        {degrees(unit.orientation)}
      </p>
      <p class="polar-echo">
        {degrees(unit.fwhm)} wide · {degrees(unit.artificial_fwhm)}
      </p>
      {unit.correlation !== null && (
        <p class="polar-echo">
          r {fixed(unit.correlation)} · Gaussian {unit.gaussian === null ? "–" : fixed(unit.gaussian)}
        </p>
      )}
    </div>
  );
}

function Means({ figure }: { figure: PublishedRadialFigure }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Means over the units">
      <table class="means">
        <thead>
          <tr>
            <th scope="col">Mean of {figure.units.length} units</th>
            <th scope="col" class="numeric">Published</th>
            <th scope="col" class="numeric">Artificial</th>
            <th scope="col" class="numeric">Difference</th>
            <th scope="col" class="numeric">Gaussian</th>
          </tr>
        </thead>
        <tbody>
          {figure.means.map((each) => (
            <tr>
              <th scope="row">{each.name}</th>
              {[each.published, each.artificial, each.difference].map((one) => (
                <td class="numeric">{written(one, each.unit)}</td>
              ))}
              <td class="numeric">{one(each.gaussian, each.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function one(value: number, unit: RadialMeans["unit"]): string {
  return (unit === "degrees" ? degrees(value) : percent(value)).replace("-", "−");
}

function written({ value, low, high }: Estimate, unit: RadialMeans["unit"]): string {
  if (value === null) return "–";
  const interval = low === null || high === null ? "" : ` [${one(low, unit)}, ${one(high, unit)}]`;
  return one(value, unit) + interval;
}

function values(map: Map2D, row: number): number[] {
  const all = bytes(map);
  return Array.from({ length: map.cols }, (_, i) => (all[row * map.cols + i] ?? 0) * map.scale);
}

/** Over 360 degrees from 0, 1 at its top. */
function gaussian(orientation: number, width: number): number[] {
  return Array.from({ length: 360 }, (_, i) => {
    const away = ((((i - orientation + 180) % 360) + 360) % 360) - 180;
    return 2 ** (-4 * (away / width) ** 2);
  });
}

/** Published units are of another network. */
export function units(): string[] {
  return [];
}

export function table(figure: PublishedRadialFigure): Table {
  const columns = ["fwhm", "echo", "artificial_fwhm", "artificial_echo"] as const;
  const rows = figure.units.flatMap((each, k) => [
    ...columns.map((what) => [what, each.unit, each.orientation, each[what], null, null]),
    ...(["artificial", "published"] as const).flatMap((side) => {
      const map = figure[side];
      if (map === null) return [];
      return values(map, k).map((value, i) => [
        `${side} response at ${Number(((360 * i) / map.cols).toFixed(2))} degrees, of the peak`,
        each.unit,
        each.orientation,
        Number(value.toPrecision(4)),
        null,
        null,
      ]);
    }),
  ]);
  const means = figure.means.flatMap((each) =>
    (["published", "artificial", "difference"] as const).map((what) => [
      `${each.name}, ${what}, mean`,
      null,
      null,
      each[what].value,
      each[what].low,
      each[what].high,
    ]),
  );
  return {
    header: ["quantity", "unit", "orientation_deg", "value", "low_95", "high_95"],
    rows: [...rivalRows(figure.rivals, figure.units), ...means, ...rows],
  };
}
