import type { LiveFamily } from "../types";
import { curvePath, direction } from "./geometry";
import { css, hue } from "./live-paint";
import { opens } from "./units";
import type { CurveReading, Spoke } from "./live-readings";

const INNER = 20;
const OUTER = 74;

/** The curve units round a circle, each a sector as long as its response. */
export function Dial(props: { family: LiveFamily; layer: string; reading: CurveReading | null }) {
  const { family, layer, reading } = props;
  const found = reading?.spokes ?? family.orientations.map((orientation) => ({ orientation, value: 0 }));
  const most = Math.max(family.top, ...found.map((each) => each.value));
  const half = (180 / found.length) * 0.86;
  const best = reading?.best ?? null;
  return (
    <svg
      class="live-dial"
      viewBox="-104 -104 208 208"
      role="img"
      aria-label={`Responses of the ${found.length} curve units; the numbers stand beside`}
    >
      {[INNER, (INNER + OUTER) / 2, OUTER].map((r) => (
        <circle class="ring" r={r} />
      ))}
      {found.map(({ orientation, value }, k) => {
        const [x, y] = direction(orientation);
        const chosen = best?.orientation === orientation;
        return (
          <g
            class={chosen ? "live-unit chosen" : "live-unit"}
            key={orientation}
            {...opens(`artificial ${layer}:${family.first + k}`)}
          >
            <path class="live-reach" d={sector(orientation, half, INNER, 100)} />
            <path
              d={sector(orientation, half, INNER, INNER + ((OUTER - INNER) * value) / most)}
              fill={css(hue(orientation, family.period))}
            />
            <path class="live-shape" d={curvePath(orientation, 9, x * 89, y * 89, 15)} />
          </g>
        );
      })}
    </svg>
  );
}

/** The same, small, for any family; axes are drawn both ways. */
export function SmallDial({ family, found }: { family: LiveFamily; found: ReadonlyArray<Spoke> }) {
  const most = Math.max(family.top, ...found.map((each) => each.value));
  const turns = family.period === 360 ? [0] : [0, 180];
  const half = (family.period === 0 ? 90 : family.period / found.length / 2) * 0.86;
  return (
    <svg class="live-small" viewBox="-26 -26 52 52" aria-hidden="true">
      <circle class="ring" r={24} />
      {found.flatMap(({ orientation, value }) =>
        turns.map((turn) => (
          <path
            d={sector(orientation + turn, half, 3, 3 + (21 * value) / most)}
            fill={css(hue(orientation, family.period))}
          />
        )),
      )}
    </svg>
  );
}

function sector(middle: number, half: number, from: number, to: number): string {
  const point = (angle: number, r: number) =>
    direction(angle)
      .map((each) => (each * r).toFixed(1))
      .join(" ");
  const [a, b] = [middle - half, middle + half];
  return `M${point(a, from)}L${point(a, to)}A${to} ${to} 0 0 1 ${point(b, to)}L${point(b, from)}A${from} ${from} 0 0 0 ${point(a, from)}Z`;
}
