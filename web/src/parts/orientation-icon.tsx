import { direction } from "../lib/geometry";
import { CurveIcon } from "./icons";

const DIRECTIONS = ["brightness gradient", "colour contrast"];

/** An orientation as a family has it: a curve, a stroke along the line, or a direction. */
export function OrientationIcon(props: { family: string; period: number; angle: number | null }) {
  const { family, period, angle } = props;
  if (angle === null || period === 0) return null;
  const shape = !DIRECTIONS.includes(family);
  if (period === 360 && shape) return <CurveIcon angle={angle} />;
  const across = period === 360 ? angle : angle + 90;
  const [x, y] = direction(across).map((each) => 9 * each) as [number, number];
  return (
    <svg class="icon" viewBox="-12 -12 24 24" aria-hidden="true">
      <path d={`M${-x} ${-y}L${x} ${y}`} />
      {period === 360 && <circle cx={x} cy={y} r="3.5" />}
    </svg>
  );
}
