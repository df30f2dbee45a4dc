import type { Live, LiveFamily, LiveLayer } from "../types";
import type { Answer, Answers } from "./live-session";

/** A response at one orientation: the largest where several units share it. */
export interface Spoke {
  orientation: number;
  value: number;
}

/** What the curve units that look at one point say. */
export interface CurveReading {
  spokes: ReadonlyArray<Spoke>;
  /** The strongest of them; null where none answers. */
  best: Spoke | null;
  /** Of the unit opposite the strongest, and the larger of those at ±90°. */
  opposite: Spoke;
  across: number;
}

/** Row or column of a layer's unit that looks at a place, nearest to it. */
export function index(layer: LiveLayer, place: number, count: number): number {
  const at = Math.round((place - 0.5 - layer.centre) / layer.stride);
  return Math.min(Math.max(at, 0), count - 1);
}

/** Responses of a family's units that look at a point, one spoke an orientation. */
export function spokes(layer: LiveLayer, family: LiveFamily, answer: Answer, at: { x: number; y: number }): Spoke[] {
  const cell = index(layer, at.y, answer.rows) * answer.cols + index(layer, at.x, answer.cols);
  const found: Spoke[] = [];
  family.orientations.forEach((orientation, k) => {
    const value = answer.data[(family.first + k) * answer.rows * answer.cols + cell] ?? 0;
    const last = found.at(-1);
    if (last?.orientation === orientation) last.value = Math.max(last.value, value);
    else found.push({ orientation, value });
  });
  return found;
}

/** Below this a response is what rounding leaves. */
const NOTHING = 1e-6;

/** The unit that answers most; null where all are silent. */
export function strongest(all: ReadonlyArray<Spoke>): Spoke | null {
  let best: Spoke | null = null;
  for (const each of all) if (each.value > (best?.value ?? NOTHING)) best = each;
  return best;
}

/** The dial of the curve units. */
export function curveReading(figure: Live, answers: Answers, at: { x: number; y: number }): CurveReading | null {
  const layer = figure.layers.at(-1);
  const family = layer?.families[0];
  const answer = layer && answers.get(layer.name);
  if (layer === undefined || family === undefined || answer === undefined) return null;
  const all = spokes(layer, family, answer, at);
  const best = strongest(all);
  const towards = (turn: number) => nearest(all, (best?.orientation ?? 0) + turn);
  return {
    spokes: all,
    best,
    opposite: towards(180),
    across: Math.max(towards(90).value, towards(-90).value),
  };
}

function nearest(all: ReadonlyArray<Spoke>, orientation: number): Spoke {
  const away = (each: Spoke) => Math.abs(((((each.orientation - orientation + 180) % 360) + 360) % 360) - 180);
  return all.reduce((a, b) => (away(b) < away(a) ? b : a));
}
