import { useEffect, useState } from "preact/hooks";

/** The picture at an address once it is decoded; null until then, and where there is none. */
export function usePicture(source: string | undefined): HTMLImageElement | null {
  const [picture, setPicture] = useState<HTMLImageElement | null>(null);
  useEffect(() => {
    let current = true;
    setPicture(null);
    if (source !== undefined) {
      const image = new Image();
      image.src = source;
      // What cannot be decoded is never shown; the names and numbers beside it stand.
      image.decode().then(
        () => current && setPicture(image),
        () => undefined,
      );
    }
    return () => {
      current = false;
    };
  }, [source]);
  return picture;
}
