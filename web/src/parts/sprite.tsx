import { useEffect, useRef } from "preact/hooks";
import { usePicture } from "../lib/picture";
import type { Sprite } from "../types";

const GAP = 4;

/** Some pictures of a sheet on one canvas, in rows of `across`. */
export function Pictures(props: {
  sprite: Sprite;
  picture: HTMLImageElement | null;
  cells: ReadonlyArray<number>;
  across: number;
  /** What they show, for those who do not see them. */
  label: string;
  round?: boolean;
}) {
  const { sprite, picture, cells, across, label } = props;
  const round = props.round === true;
  const canvas = useRef<HTMLCanvasElement>(null);
  const step = sprite.side + GAP;
  const rows = Math.ceil(cells.length / across);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || picture === null) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    cells.forEach((cell, k) => {
      const [from, to] = [
        [(cell % sprite.columns) * sprite.side, Math.floor(cell / sprite.columns) * sprite.side],
        [(k % across) * step, Math.floor(k / across) * step],
      ] as const;
      context.save();
      context.beginPath();
      if (round) context.arc(to[0] + sprite.side / 2, to[1] + sprite.side / 2, sprite.side / 2, 0, 2 * Math.PI);
      else context.roundRect(...to, sprite.side, sprite.side, 4);
      context.clip();
      context.drawImage(picture, ...from, sprite.side, sprite.side, ...to, sprite.side, sprite.side);
      context.restore();
    });
  }, [picture, cells, across, round, sprite, step]);
  return (
    <canvas
      class="pictures"
      ref={canvas}
      width={across * step - GAP}
      height={Math.max(rows * step - GAP, 0)}
      role="img"
      aria-label={label}
    />
  );
}

/** The sheet once it is decoded; null where there is none. */
export function useSprite(sprite: Sprite | null | undefined): HTMLImageElement | null {
  return usePicture(sprite?.uri);
}
