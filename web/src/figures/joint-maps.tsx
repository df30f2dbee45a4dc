import { useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, number, percent, pixels, short } from "../lib/format";
import { bytes, peak, value } from "../lib/map2d";
import { matched, opens, opensByKey } from "../lib/units";
import { type Cell, Heatmap } from "../parts/heatmap";
import { CurveIcon } from "../parts/icons";
import { Mark } from "../parts/key";
import { Options } from "../parts/options";
import { Ramp } from "../parts/ramp";
import { fixed, rivalRows, Rivals, spoken } from "../parts/rivals";
import type { JointMapsFigure, JointPair, Map2D } from "../types";

/** All pairs small, the chosen one large, and what else agrees as well. */
export function Body({ figure }: { figure: JointMapsFigure }) {
  const [chosen, setChosen] = useState(Math.floor(figure.pairs.length / 2));
  const [cell, setCell] = useState<Cell | null>(null);
  const pair = figure.pairs[chosen];
  if (pair === undefined) return <p class="note">No unit was matched.</p>;
  return (
    <div class="joint">
      <div class="joint-key">
        <span class="scale">
          <span>0</span>
          <Ramp />
          <span>unit’s own peak</span>
        </span>
        <span>left natural, right artificial; the number is their correlation</span>
      </div>
      <Options
        label="Pairs of units"
        class="joint-pairs"
        value={chosen}
        onChange={(at) => {
          setChosen(at);
          setCell(null);
        }}
        options={figure.pairs.map((each) => ({
          name: `${each.natural}, ${degrees(each.orientation)}: correlation ${spoken(each.correlation)}`,
          unit: each.natural,
          content: (
            <>
              <span class="joint-name">
                <CurveIcon angle={each.orientation} />
                <span class="unit">{short(each.natural)}</span>
                <span class="soft">{degrees(each.orientation)}</span>
                <b>{each.correlation === null ? "silent" : fixed(each.correlation)}</b>
              </span>
              <span class="joint-two">
                <Plain map={each.natural_map} />
                <Plain map={each.artificial_map} />
              </span>
            </>
          ),
        }))}
      />
      <Large figure={figure} pair={pair} cell={cell} move={setCell} />
      <Rivals rivals={figure.rivals} label="Mean correlation of joint maps" />
    </div>
  );
}

function Plain({ map }: { map: Map2D }) {
  return <Heatmap map={map} top={peak(map).value} col={null} row={null} onPoint={() => undefined} />;
}

/** Both maps of a pair, with the responses under the pointer or the keyboard. */
function Large(props: {
  figure: JointMapsFigure;
  pair: JointPair;
  cell: Cell | null;
  move: (cell: Cell | null) => void;
}) {
  const { figure, pair, move } = props;
  const { rows, cols } = pair.natural_map;
  const cell = props.cell ?? peak(pair.natural_map);
  const angle = (figure.start + (360 * cell.col) / cols) % 360;
  const sides = [
    { mark: "natural" as const, unit: pair.natural, link: pair.natural, map: pair.natural_map, echo: pair.natural_echo },
    {
      mark: "artificial" as const,
      unit: pair.artificial,
      link: written(pair),
      map: pair.artificial_map,
      echo: pair.artificial_echo,
    },
  ];
  const share = (map: Map2D) => {
    const top = peak(map).value;
    return top > 0 ? value(map, cell.row, cell.col) / top : 0;
  };
  const where = `${degrees(angle)}, radius ${pixels(figure.radii[cell.row] ?? 0)}`;
  const press = (event: KeyboardEvent) => {
    const by = event.shiftKey ? 10 : 1;
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [0, -by],
      ArrowRight: [0, by],
      ArrowUp: [by, 0],
      ArrowDown: [-by, 0],
    };
    const step = steps[event.key];
    if (step === undefined) return;
    move({
      row: Math.min(Math.max(cell.row + step[0], 0), rows - 1),
      col: (cell.col + step[1] + cols) % cols,
    });
    event.preventDefault();
  };
  return (
    <div
      class="joint-large"
      role="slider"
      tabIndex={0}
      aria-label={`Responses of ${pair.natural} and ${pair.artificial}`}
      aria-valuemin={0}
      aria-valuemax={360}
      aria-valuenow={Math.round(angle)}
      aria-valuetext={`${where}: ${sides.map((each) => `${each.mark} ${percent(share(each.map))} of its peak`).join(", ")}`}
      onKeyDown={press}
      onPointerLeave={() => move(null)}
      {...opensByKey(pair.natural, written(pair))}
    >
      <div class="joint-sides">
        {sides.map((each) => (
          <div>
            <p>
              <Mark mark={each.mark} /> <span class={`unit ${each.mark}`} {...opens(each.link)}>{each.unit}</span>{" "}
              <span class="soft">echo {percent(each.echo)}</span>
            </p>
            <div class="joint-frame">
              <span class="joint-radius soft">{pixels(Math.round(figure.radii.at(-1) ?? 0))}</span>
              <Heatmap
                map={each.map}
                top={peak(each.map).value}
                col={cell.col}
                row={cell.row}
                onPoint={move}
                unit={each.link}
              />
              <span class="joint-radius soft">{pixels(Math.round(figure.radii[0] ?? 0))}</span>
            </div>
            <div class="joint-axis soft" aria-hidden="true">
              {[0, 90, 180, 270].map((more) => (
                <span>{degrees((figure.start + more) % 360)}</span>
              ))}
              <span>{degrees(figure.start + 360)}</span>
            </div>
          </div>
        ))}
      </div>
      <p class="joint-readout">
        <CurveIcon angle={angle} />
        {where}:
        {sides.map((each) => (
          <span>
            <Mark mark={each.mark} /> <b>{percent(share(each.map))}</b>
          </span>
        ))}
        <span class="soft">of each unit’s peak</span>
      </p>
      <p class="joint-readout soft">
        {pair.correlation === null
          ? "The natural unit never responds."
          : `Correlation ${fixed(pair.correlation)}; ${pair.aligned === null ? "–" : fixed(pair.aligned)} with the artificial map turned by ${number(pair.turn).replace("-", "−")}°.`}
      </p>
      <p class="hint" data-unprinted>
        Choose a pair above. Point at its maps, or focus them and move with the arrow keys (with
        Shift ten steps at once).
      </p>
    </div>
  );
}

/** The artificial unit of a pair as `known` takes it. */
function written(pair: JointPair): string {
  return matched(pair.artificial.replace(/^artificial /, ""));
}

export function units(figure: JointMapsFigure): string[] {
  return figure.pairs.flatMap((pair) => [pair.natural, written(pair)]);
}

export function table(figure: JointMapsFigure): Table {
  const units = figure.pairs.map((each) => ({ unit: each.natural, orientation: each.orientation }));
  const maps = figure.pairs.flatMap((each) =>
    (["natural", "artificial"] as const).flatMap((side) => {
      const map = each[`${side}_map`];
      return Array.from(bytes(map), (byte, i) => [
        `response of the ${side} unit`,
        each[side],
        (figure.start + (360 * (i % map.cols)) / map.cols) % 360,
        Number((byte * map.scale).toPrecision(4)),
        null,
        null,
        figure.radii[Math.floor(i / map.cols)] ?? null,
      ]);
    }),
  );
  const echo = (["natural", "artificial"] as const).flatMap((side) => {
    const mean = figure[`${side}_echo`];
    return [
      [`echo of ${side} units, mean`, null, null, mean.value, mean.low, mean.high, null],
      ...figure.pairs.map((each) => [
        `echo of the ${side} unit`,
        each[side],
        each.orientation,
        each[`${side}_echo`],
        null,
        null,
        null,
      ]),
    ];
  });
  return {
    header: ["quantity", "unit", "orientation_deg", "value", "low_95", "high_95", "radius_px"],
    rows: [...rivalRows(figure.rivals, units).map((row) => [...row, null]), ...echo, ...maps],
  };
}
