import { useEffect, useRef } from "preact/hooks";
import { COLOURS } from "../lib/colour";
import { paint } from "../lib/map2d";
import { opens } from "../lib/units";
import type { Map2D } from "../types";

/** A cell under the pointer or the keyboard. */
export interface Cell {
  row: number;
  col: number;
}

/** A map in colours. */
export function Heatmap(props: {
  map: Map2D;
  /** The value drawn in the last colour. */
  top: number;
  /** Orientation marked with a hairline, if any. */
  col: number | null;
  /** Radius marked on that hairline, if any. */
  row: number | null;
  onPoint: (cell: Cell) => void;
  /** The unit that a press of the mouse opens. */
  unit?: string;
}) {
  const { map, top, col, row } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, map, top, COLOURS);
  }, [map, top]);
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const up = 1 - (event.clientY - box.top) / box.height;
    props.onPoint({ row: within(up * map.rows, map.rows), col: within(across * map.cols, map.cols) });
  };
  return (
    <div class="map" onPointerMove={point} onPointerDown={point} data-unit-mouse {...opens(props.unit)}>
      <canvas ref={canvas} />
      {col !== null && (
        <i data-unprinted class="hair" style={{ left: `${((col + 0.5) / map.cols) * 100}%` }}>
          {row !== null && <b style={{ bottom: `${((row + 0.5) / map.rows) * 100}%` }} />}
        </i>
      )}
    </div>
  );
}

function within(place: number, size: number): number {
  return Math.min(Math.max(Math.floor(place), 0), size - 1);
}
