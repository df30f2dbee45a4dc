// Made from the Python records by `npm run types`; edit those instead.

/** How to make the report again. */
export interface Colophon {
  /** The package first, then what its numbers depend on. */
  versions: ReadonlyArray<Version>;
  /** Seed of everything random; None when nothing was. */
  seed: number | null;
  /** The command that made the report. */
  command: string | null;
}

/** The layers searched, in the order of the network. */
export interface LayerScanFigure {
  kind: "layer-scan";
  words: Words;
  layers: ReadonlyArray<ScannedLayer>;
  /** The layer of the family; None when none was found. */
  chosen: string | null;
}

/** A table of values of 0 and more, kept as one byte each. */
export interface Map2D {
  /** Number of rows; the first row is the first in `data`. */
  rows: number;
  /** Number of columns. */
  cols: number;
  /** The value of one step: a cell's value is its byte times this. */
  scale: number;
  /** The bytes, row after row, in base64. */
  data: string;
}

/** A part this report does not have. */
export interface Missing {
  /** What is missing, such as "Null on permuted copies". */
  title: string;
  /** The command that adds it. */
  command: string;
}

/** The network that was measured. */
export interface Model {
  /** Name as it is to be read, such as "InceptionV1". */
  name: string;
  /** Layer the family was looked for in, such as "3b". */
  layer: string;
  /** SHA-256 over the loaded parameters, 64 hexadecimal digits. */
  sha256: string;
  weights: Weights;
}

/** A unit that fails the rule by little. */
export interface NearMiss {
  /** Address, such as "3b:81". */
  unit: string;
  /** Why the rule refuses it, with the number and the limit. */
  reason: string;
  /** Preferred orientation, degrees. */
  orientation: number | null;
  /** Full width of the tuning curve at half its peak, degrees. */
  fwhm: number | null;
  /** Largest response near the opposite orientation, as a fraction of the peak. */
  echo: number | null;
  /** Larger of the responses at +90° and −90°, as a fraction of the peak. */
  at90: number | null;
}

/** The units just outside the family. */
export interface NearMisses {
  kind: "near-misses";
  words: Words;
  /** The units, nearest first. */
  rows: ReadonlyArray<NearMiss>;
}

/** How many units the rule takes on copies with permuted weights. */
export interface NullCounts {
  kind: "null-counts";
  words: Words;
  /** Units the rule takes in the network itself. */
  found: number;
  /** Units it takes in each permuted copy. */
  counts: ReadonlyArray<number>;
}

/** The tuning curve of one unit. */
export interface RadialCurve {
  /** Address, such as "3b:379". */
  unit: string;
  /** Preferred orientation, degrees. */
  orientation: number;
  /** Largest response, in the unit's own activation. */
  peak: number;
  /** Largest response near the opposite orientation, as a fraction of the peak. */
  echo: number | null;
  /** Response as a fraction of the peak; value i is at orientation 360·i / length. */
  values: ReadonlyArray<number>;
}

/** Polar plots, one per natural unit, its artificial neighbour drawn over it. */
export interface RadialCurves {
  kind: "radial-curves";
  words: Words;
  /** The units found in the network. */
  natural: ReadonlyArray<RadialCurve>;
  /** The units of the hand-written network; empty when it was not run. */
  artificial: ReadonlyArray<RadialCurve>;
  /** The plots, in order of orientation. */
  pairs: ReadonlyArray<UnitPair>;
  /** An echo is looked for this many degrees to either side of the opposite orientation. */
  echo_half_width: number;
}

/** A whole report; figures are numbered in their order. */
export interface Report {
  schema: "curvecircuits.report/1";
  /** The headline. */
  title: string;
  /** Opening paragraphs. */
  lede: ReadonlyArray<string>;
  model: Model;
  /** The figures, in the order shown. */
  figures: ReadonlyArray<TuningMaps | RadialCurves | UnitTable | Selectivity | LayerScanFigure | NullCounts | NearMisses>;
  /** Parts that were not made. */
  missing: ReadonlyArray<Missing>;
  colophon: Colophon;
}

/** What the rule takes in one layer. */
export interface ScannedLayer {
  /** Name or alias of the layer. */
  layer: string;
  /** Side of the stimuli, pixels. */
  tile: number;
  /** Curve units. */
  curves: number;
  /** Units that only the limits on echo and ±90° response keep from being curves. */
  early_curves: number;
  /** Curve units of the same layer in each weight-permuted copy. */
  permuted: ReadonlyArray<number>;
  /** Largest arc of orientations without a curve unit, degrees. */
  gap: number;
}

/** Echo against response at right angles, with the limits of the rule. */
export interface Selectivity {
  kind: "selectivity";
  words: Words;
  /** The units. */
  points: ReadonlyArray<SelectivityPoint>;
  /** The rule takes units whose echo is below this; None when it has no such limit. */
  echo_limit: number | null;
  /** The rule takes units whose ±90° response is below this; None when it has no such limit. */
  at90_limit: number | null;
}

/** One unit's responses away from its preferred orientation. */
export interface SelectivityPoint {
  /** Address, such as "3b:379". */
  unit: string;
  /** Where the unit stands. */
  group: "natural" | "artificial" | "near miss";
  /** Largest response near the opposite orientation, as a fraction of the peak. */
  echo: number;
  /** Larger of the responses at +90° and −90°, as a fraction of the peak. */
  at90: number;
}

/** Responses of one unit to curves of every orientation and radius. */
export interface TuningMap {
  /** Address, such as "3b:379". */
  unit: string;
  /** Preferred orientation, degrees. */
  orientation: number;
  /** Responses: row i is radius i of the figure, column j the orientation 360·j / columns. */
  map: Map2D;
}

/** The two families as maps, one row per natural unit. */
export interface TuningMaps {
  kind: "tuning-maps";
  words: Words;
  /** Radii of the curves, pixels, increasing. */
  radii: ReadonlyArray<number>;
  /** The units found in the network. */
  natural: ReadonlyArray<TuningMap>;
  /** The units of the hand-written network; empty when it was not run. */
  artificial: ReadonlyArray<TuningMap>;
  /** The rows, in order of orientation. */
  pairs: ReadonlyArray<UnitPair>;
}

/** A natural unit and the artificial one nearest to it in orientation. */
export interface UnitPair {
  /** Address of the natural unit. */
  natural: string;
  /** Address of the artificial unit; None when there is none. */
  artificial: string | null;
  /** Artificial minus natural orientation, degrees in [−180, 180). */
  difference: number | null;
}

/** One unit and the statistics of its tuning curve over orientation. */
export interface UnitRow {
  /** Address, such as "3b:379". */
  unit: string;
  /** Whether the network learned it or it was written by hand. */
  family: "natural" | "artificial";
  /** What the finder calls it, such as "curve". */
  kind: string;
  /** Preferred orientation, degrees. */
  orientation: number;
  /** Radius of the curve that drives it most, pixels. */
  radius: number;
  /** Full width of the tuning curve at half its peak, degrees; None if it never falls to half. */
  fwhm: number | null;
  /** Largest response near the opposite orientation, as a fraction of the peak. */
  echo: number | null;
  /** Larger of the responses at +90° and −90°, as a fraction of the peak. */
  at90: number | null;
  /** Largest response, in the unit's own activation. */
  peak: number;
}

/** Every unit of both families with its statistics. */
export interface UnitTable {
  kind: "unit-table";
  words: Words;
  /** The units, in the order first shown. */
  rows: ReadonlyArray<UnitRow>;
}

/** A program and its version. */
export interface Version {
  name: string;
  version: string;
}

/** Where the weights came from. */
export interface Weights {
  /** File or published artefact, as a person would look for it. */
  source: string;
  /** SHA-256 of the weight file, 64 hexadecimal digits; None when there is no file. */
  sha256: string | null;
  /** Whether that sum is the one the catalogue has for this artefact. */
  verified: boolean;
}

/** What a figure says in text. */
export interface Words {
  /** A few words, without a full stop. */
  title: string;
  /** What the figure shows, in one sentence with its numbers. */
  takeaway: string;
  /** How it was measured, and how to read it. */
  caption: string;
}
