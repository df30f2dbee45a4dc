import type { ComponentChildren } from "preact";

/** A tile by its row and column. */
export interface Place {
  row: number;
  col: number;
}

/** Tiles in rows and columns of one size: one is chosen by pointing, or with the arrow keys. */
export function TilePicker(props: {
  rows: number;
  cols: number;
  /** None where another picker of the figure has the choice. */
  place: Place | null;
  onPlace: (place: Place) => void;
  label: string;
  /** The tile at a place, in words. */
  spoken: (place: Place) => string;
  children: ComponentChildren;
}) {
  const { rows, cols, onPlace } = props;
  const at = props.place ?? { row: 0, col: 0 };
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onPlace({
      row: within(((event.clientY - box.top) / box.height) * rows, rows),
      col: within(((event.clientX - box.left) / box.width) * cols, cols),
    });
  };
  const press = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      Home: [0, -cols],
      End: [0, cols],
      PageUp: [-rows, 0],
      PageDown: [rows, 0],
    };
    const step = steps[event.key];
    if (step === undefined) return;
    onPlace({ row: within(at.row + step[0], rows), col: within(at.col + step[1], cols) });
    event.preventDefault();
  };
  return (
    <div
      class="matrix-tiles"
      role="slider"
      tabIndex={0}
      aria-label={props.label}
      aria-valuemin={1}
      aria-valuemax={rows * cols}
      aria-valuenow={at.row * cols + at.col + 1}
      aria-valuetext={props.spoken(at)}
      onFocus={() => onPlace(at)}
      onPointerMove={point}
      onPointerDown={point}
      onKeyDown={press}
    >
      {props.children}
      {props.place && (
        <i
          data-unprinted
          style={{
            left: `${(100 * at.col) / cols}%`,
            top: `${(100 * at.row) / rows}%`,
            width: `${100 / cols}%`,
            height: `${100 / rows}%`,
          }}
        />
      )}
    </div>
  );
}

function within(place: number, size: number): number {
  return Math.min(Math.max(Math.floor(place), 0), size - 1);
}

/** How to use it, for those who see it. */
export function PickerHint() {
  return (
    <p class="soft" data-unprinted>
      Point at a tile, or focus the tiles and move with the arrow keys.
    </p>
  );
}
