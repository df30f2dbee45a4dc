import { tuningOf } from "../lib/directory";
import { degrees, number } from "../lib/format";
import { direction } from "../lib/geometry";
import { polarPath } from "../lib/polar";
import type { Tuned } from "../types";

const REACH = 40;
const ABOUT = {
  curve: { name: "Curves", axis: "outward normal" },
  line: { name: "Lines", axis: "normal" },
} as const;

/** How a unit answers to drawn curves or lines, over their orientation. */
export function TuningPlot({ tuned, channel, unit }: { tuned: Tuned; channel: number; unit: string }) {
  const peak = tuned.peaks[channel] ?? 0;
  const values = tuningOf(tuned, channel);
  const { name, axis } = ABOUT[tuned.shape];
  const period = tuned.shape === "curve" ? 360 : 180;
  const best = values.reduce((at, each, k) => (each > (values[at] ?? 0) ? k : at), 0);
  const at = (period * best) / tuned.steps;
  const said = peak > 0 ? `most at ${degrees(at)}, where the mean is ${number(peak)}` : "silent";
  // A normal and its opposite are the same line, so that its curve is drawn twice.
  const round = tuned.shape === "curve" ? values : [...values, ...values];
  return (
    <div class="explorer-tuning" role="group" aria-label={`${name}: ${unit} is ${said}`}>
      <svg viewBox="-58 -54 116 108" aria-hidden="true">
        <circle class="ring" r={REACH} />
        <circle class="ring" r={REACH / 2} />
        <path class="ring" d={`M${-REACH} 0H${REACH}M0 ${-REACH}V${REACH}`} />
        {peak > 0 && <path class="curve natural" d={polarPath(round, REACH)} />}
        <g class="angles">
          {[0, 90, 180, 270].map((angle) => {
            const [x, y] = direction(angle);
            return (
              <text x={x * (REACH + 4)} y={y * (REACH + 7) + 2.5} text-anchor={x > 0.5 ? "start" : x < -0.5 ? "end" : "middle"}>
                {angle % period}°
              </text>
            );
          })}
        </g>
      </svg>
      <p>
        <b>{name}</b> by {axis}
        <br />
        {peak > 0 ? `peak ${number(peak)} at ${degrees(at)}` : "no response"}
      </p>
    </div>
  );
}
