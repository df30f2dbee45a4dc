import type { ComponentChildren } from "preact";
import "../circuits.css";

export type SwatchShape = "dot" | "diamond" | "square" | "tick" | "line" | "dashed" | "area";

/** A key's entry whose mark takes any colour, filled or hollow. */
export function Swatch(props: {
  shape: SwatchShape;
  colour: string;
  hollow?: boolean;
  children: ComponentChildren;
}) {
  const { shape, colour } = props;
  const solid = shape === "area" || (!props.hollow && !["line", "dashed", "tick"].includes(shape));
  return (
    <span class="key-item">
      <svg class="mark" viewBox="-7 -7 14 14" aria-hidden="true">
        <path
          d={PATHS[shape]}
          stroke={shape === "area" ? "none" : colour}
          fill={solid ? colour : "none"}
          stroke-dasharray={shape === "dashed" ? "4 3" : undefined}
        />
      </svg>
      {props.children}
    </span>
  );
}

const PATHS: Record<SwatchShape, string> = {
  dot: "M-4.5 0A4.5 4.5 0 1 1 4.5 0A4.5 4.5 0 1 1-4.5 0Z",
  diamond: "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
  square: "M-4.5-4.5H4.5V4.5H-4.5Z",
  tick: "M0-6V6",
  line: "M-7 0H7",
  dashed: "M-8 0H8",
  area: "M-7-6H7V6H-7Z",
};
