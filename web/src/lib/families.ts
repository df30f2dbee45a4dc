// Alike families have like colours: Gabors blue, lines green, curves orange, colour purple.
// All are light enough for dark text, in both themes.
const COLOURS: Readonly<Record<string, string>> = {
  "Gabor": "#8db4e2",
  "complex Gabor": "#b7d0ee",
  "line": "#63b99c",
  "line with an echo": "#8ccfb8",
  "perpendicular line": "#b2e0d1",
  "cliff": "#8cc98a",
  "edge": "#b5dcae",
  "tiny curve": "#f9d2ae",
  "early curve": "#f3ab72",
  "curve": "#ea8449",
  "angle": "#ecc255",
  "colour contrast": "#cda6de",
  "centre–surround": "#e2caec",
  "brightness gradient": "#d3cb86",
  "low frequency": "#d9c9a8",
  "texture": "#d0a79c",
};

/** Families in the order of the taxonomy, those that none accounts for last. */
export const FAMILIES: ReadonlyArray<string> = [...Object.keys(COLOURS), "other"];

/** The colour of a family; grey for what has none. */
export function familyColour(family: string): string {
  return Object.hasOwn(COLOURS, family) ? (COLOURS[family] as string) : "#b9b6b3";
}
