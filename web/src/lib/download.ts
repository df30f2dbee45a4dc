// Chromium drops, without a word, what exceeds ten downloads in a second.
const APART = 150;
let free = 0;

/** Hands a file made in the page to the reader; files asked for at once go one after another. */
export async function save(blob: Blob, name: string): Promise<void> {
  const now = performance.now();
  const at = Math.max(now, free);
  free = at + APART;
  if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the blob after this returns; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
