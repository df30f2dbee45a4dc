import { useEffect, useRef } from "preact/hooks";
import { COLOURS } from "../lib/colour";

/** The colours of a map from 0 to its top; a canvas, so that downloads carry it too. */
export function Ramp() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(COLOURS.length, 1);
    new Uint32Array(image.data.buffer).set(COLOURS);
    context.putImageData(image, 0, 0);
  }, []);
  return <canvas class="ramp" width={COLOURS.length} height={1} ref={canvas} aria-hidden="true" />;
}
