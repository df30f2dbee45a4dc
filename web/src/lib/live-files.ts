/** Pixels of an image that is still opened: above, a small file may need gigabytes. */
const MOST = 40_000_000;
const BYTES = 64 * 2 ** 20;
/** Sides to which larger images are reduced. */
const KEPT = 1024;

/**
 * Opens an image file that a reader chose.
 *
 * Its kind and size are read from its first bytes, before anything is decoded: only PNG, JPEG, GIF
 * and WebP, so that nothing with a script in it is opened. What is refused throws an error of one
 * sentence.
 */
export async function openImage(file: Blob): Promise<ImageBitmap> {
  if (file.size > BYTES) {
    throw new Error(`The file has ${Math.round(file.size / 2 ** 20)} MB; give an image of at most 64 MB.`);
  }
  const size = dimensions(new Uint8Array(await file.slice(0, 2 ** 20).arrayBuffer()));
  if (size === null) {
    throw new Error("This file is no image that can be opened here; give a PNG, JPEG, GIF or WebP file.");
  }
  const [width, height] = size;
  if (width * height > MOST) {
    throw new Error(
      `The image has ${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels; give one of at most 40 million.`,
    );
  }
  if (width === 0 || height === 0) throw new Error("The image has no pixels; give another one.");
  const scale = Math.min(1, KEPT / Math.min(width, height));
  try {
    return await createImageBitmap(file, {
      resizeWidth: Math.max(1, Math.round(width * scale)),
      resizeHeight: Math.max(1, Math.round(height * scale)),
      resizeQuality: "high",
    });
  } catch {
    throw new Error("The image cannot be decoded; its file may be damaged.");
  }
}

/** Width and height as the head of the file gives them; null for what is none of the four kinds. */
function dimensions(head: Uint8Array): [number, number] | null {
  const view = new DataView(head.buffer);
  const text = (at: number, length: number) => String.fromCharCode(...head.subarray(at, at + length));
  try {
    if (text(0, 8) === "\x89PNG\r\n\x1a\n" && text(12, 4) === "IHDR") {
      return [view.getUint32(16), view.getUint32(20)];
    }
    if (/^GIF8[79]a$/.test(text(0, 6))) return [view.getUint16(6, true), view.getUint16(8, true)];
    if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") return webp(view, text(12, 4));
    if (text(0, 3) === "\xff\xd8\xff") return jpeg(view);
  } catch {
    // The file ends within its head.
  }
  return null;
}

function webp(view: DataView, kind: string): [number, number] | null {
  const three = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
  if (kind === "VP8X") return [three(24) + 1, three(27) + 1];
  if (kind === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  return null;
}

function jpeg(view: DataView): [number, number] | null {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}
