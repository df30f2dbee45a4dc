/** Hands a file made in the page to the reader. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the blob after this returns; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
