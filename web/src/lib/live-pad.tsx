import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { Live } from "../types";
import { direction } from "./geometry";
import { blank } from "./live-pixels";

export interface Point {
  x: number;
  y: number;
}

/** A curve that is generated, not drawn, through the middle of the pad. */
export interface Bend {
  orientation: number;
  radius: number;
}

/** A part of an image: its point (x, y) in shares of its sides is in the middle of the pad. */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export type Content =
  | ({ kind: "curve" } & Bend)
  | { kind: "drawing" }
  | ({ kind: "image"; image: ImageBitmap } & View);

export type Tool = "draw" | "curve" | "image";

export const LEAST_RADIUS = 8;
export const MOST_RADIUS = 300;
export const MOST_ZOOM = 8;

/** Share of the way from the least radius to the greatest, by ratios. */
export function shareOf(radius: number): number {
  return Math.log(radius / LEAST_RADIUS) / Math.log(MOST_RADIUS / LEAST_RADIUS);
}

export function radiusOf(share: number): number {
  const kept = Math.min(Math.max(share, 0), 1);
  return LEAST_RADIUS * (MOST_RADIUS / LEAST_RADIUS) ** kept;
}

/** The square that the network sees, and all that can be done on it. */
export function Pad(props: {
  figure: Live;
  canvas: RefObject<HTMLCanvasElement | null>;
  content: Content;
  tool: Tool;
  at: Point;
  describedBy: string;
  onContent: (content: Content) => void;
  /** The drawing on the canvas has grown. */
  onDrawn: () => void;
  onFile: (file: File) => void;
}) {
  const { figure, canvas, content, tool, at } = props;
  const side = figure.side;
  const last = useRef<Point | null>(null);
  const place = (event: PointerEvent) => placeOf(event, event.currentTarget as HTMLElement, side);
  const bend = (to: Point) => {
    const [dx, dy] = [to.x - figure.read, to.y - figure.read];
    const share = Math.hypot(dx, dy) / (side / 2);
    const orientation = ((Math.atan2(dy, dx) * 180) / Math.PI + 360) % 360;
    props.onContent({ kind: "curve", orientation, radius: radiusOf(share) });
  };
  const stroke = (from: Point, to: Point) => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.strokeStyle = "#000";
    context.lineWidth = figure.width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const to = place(event);
    last.current = to;
    try {
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    } catch {
      // An event made by a script has no pointer to hold.
    }
    if (tool === "curve") bend(to);
    if (tool !== "draw") return;
    const context = canvas.current?.getContext("2d");
    if (content.kind !== "drawing") {
      if (context) blank(context, side);
      props.onContent({ kind: "drawing" });
    }
    stroke(to, to);
    props.onDrawn();
  };
  const move = (event: PointerEvent) => {
    const from = last.current;
    if (from === null || !event.isPrimary) return;
    if (tool === "draw") {
      let before = from;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length > 0 ? all : [event]) {
        const to = placeOf(each, event.currentTarget as HTMLElement, side);
        stroke(before, to);
        before = to;
      }
      last.current = before;
      props.onDrawn();
      return;
    }
    const to = place(event);
    last.current = to;
    if (tool === "curve") bend(to);
    else if (content.kind === "image") props.onContent(moved(content, side, from.x - to.x, from.y - to.y));
  };
  const key = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (arrow === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [dx, dy] = arrow;
    if (tool === "image" && content.kind === "image") {
      props.onContent(moved(content, side, dx * 4, dy * 4));
      return;
    }
    const now = content.kind === "curve" ? content : { orientation: 0, radius: figure.radius };
    const step = event.shiftKey ? 1 : 5;
    props.onContent({
      kind: "curve",
      orientation: (Math.round(now.orientation) + dx * step + 360) % 360,
      radius: radiusOf(shareOf(now.radius) - dy * 0.04),
    });
  };
  const [nx, ny] = content.kind === "curve" ? direction(content.orientation) : [0, 0];
  const reach = content.kind === "curve" ? (shareOf(content.radius) * side) / 2 : 0;
  return (
    <div
      class={`live-pad ${tool}`}
      tabIndex={0}
      role="application"
      aria-label="Pad: what the network sees"
      aria-describedby={props.describedBy}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => (last.current = null)}
      onPointerCancel={() => (last.current = null)}
      onKeyDown={key}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) props.onFile(file);
      }}
    >
      <canvas ref={canvas} width={side} height={side} />
      <svg viewBox={`0 0 ${side} ${side}`} aria-hidden="true" data-unprinted>
        <rect
          class="live-tile"
          x={at.x - figure.tile / 2}
          y={at.y - figure.tile / 2}
          width={figure.tile}
          height={figure.tile}
        />
        <circle class="live-at" cx={at.x} cy={at.y} r={3.2} />
        {content.kind === "curve" && tool === "curve" && (
          <circle class="live-handle" cx={figure.read + nx * reach} cy={figure.read + ny * reach} r={3.4} />
        )}
      </svg>
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function placeOf(event: PointerEvent, pad: HTMLElement, side: number): Point {
  const box = pad.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) / box.width) * side,
    y: ((event.clientY - box.top) / box.height) * side,
  };
}

/** An image moved by pixels of the pad, its middle kept on it. */
function moved(content: Content & { kind: "image" }, side: number, dx: number, dy: number): Content {
  const scale = (side / Math.min(content.image.width, content.image.height)) * content.zoom;
  const within = (value: number) => Math.min(Math.max(value, 0), 1);
  return {
    ...content,
    x: within(content.x + dx / scale / content.image.width),
    y: within(content.y + dy / scale / content.image.height),
  };
}
