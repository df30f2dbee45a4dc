import { direction } from "./geometry";

/** What the pad shows, as 3 × side × side numbers from 0 to 1: red, green, blue. */
export type Pixels = Float32Array;

// Added to a squared distance in half pixels: a circle bends within a pixel.
const BEND = 1 / 3;
const LEAST = 1e-12;

/**
 * A circle in black on white through a point, as `stimuli.curves` draws it: the share of
 * each pixel under the tangent at the nearest point, in closed form. `orientation` is the
 * direction of its outward normal there.
 */
export function curvePixels(
  orientation: number,
  radius: number,
  width: number,
  side: number,
  at: { x: number; y: number },
): Pixels {
  const [nx, ny] = direction(orientation);
  const [cx, cy] = [at.x - radius * nx, at.y - radius * ny];
  const plane = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      // In half pixels, so that nothing need be halved.
      const dx = 2 * (col + 0.5 - cx);
      const dy = 2 * (row + 0.5 - cy);
      const distance = Math.sqrt(dx * dx + dy * dy + BEND);
      const depth = (distance - 2 * radius) * distance;
      const [ax, ay] = [Math.abs(dx), Math.abs(dy)];
      const most = Math.max(ax, ay, LEAST);
      const least = Math.max(Math.min(ax, ay), LEAST);
      const reach = width * distance;
      plane[row * side + col] =
        1 - balance(reach - depth, most, least) - balance(reach + depth, most, least);
    }
  }
  return thrice(plane);
}

/** How much more than half of a pixel an edge covers, from twice its depth. */
function balance(twice: number, most: number, least: number): number {
  const p = Math.min(Math.abs(twice) - most, least);
  const q = Math.max(p + least, 0);
  return Math.sign(twice) * (0.5 + (p - (q * q) / (4 * least)) / (2 * most));
}

function thrice(plane: Float32Array): Pixels {
  const pixels = new Float32Array(3 * plane.length);
  for (let colour = 0; colour < 3; colour++) pixels.set(plane, colour * plane.length);
  return pixels;
}

/** What stands on a canvas. */
export function canvasPixels(context: CanvasRenderingContext2D, side: number): Pixels {
  const { data } = context.getImageData(0, 0, side, side);
  const area = side * side;
  const pixels = new Float32Array(3 * area);
  for (let i = 0; i < area; i++) {
    for (let colour = 0; colour < 3; colour++) {
      pixels[colour * area + i] = (data[4 * i + colour] ?? 0) / 255;
    }
  }
  return pixels;
}

/** Puts pixels on a canvas. */
export function show(context: CanvasRenderingContext2D, pixels: Pixels, side: number): void {
  const image = context.createImageData(side, side);
  const area = side * side;
  for (let i = 0; i < area; i++) {
    for (let colour = 0; colour < 3; colour++) {
      image.data[4 * i + colour] = Math.round((pixels[colour * area + i] ?? 0) * 255);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** A blank sheet. */
export function blank(context: CanvasRenderingContext2D, side: number): void {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
}

/** Draws an image with its shorter side `zoom` times the pad's, the point (x, y) in the middle. */
export function place(
  context: CanvasRenderingContext2D,
  image: ImageBitmap,
  side: number,
  view: { zoom: number; x: number; y: number },
): void {
  const scale = (side / Math.min(image.width, image.height)) * view.zoom;
  blank(context, side);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    image,
    side / 2 - view.x * image.width * scale,
    side / 2 - view.y * image.height * scale,
    image.width * scale,
    image.height * scale,
  );
}
