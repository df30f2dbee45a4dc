// Made from the Python records by `npm run types`; edit those instead.

/** Mean cosine between the vectors of cells that are shown and lie side by side. */
export interface Alikeness {
  neighbours: number | null;
  /** With the vectors in random order, the mean of 200 orders. */
  shuffled: number | null;
  /** The highest of these. */
  shuffled_most: number | null;
  /** In copies of the network whose weights are permuted, the mean of 8 copies. */
  permuted: number | null;
  /** The highest of these. */
  permuted_most: number | null;
}

/** All pairs that are `low` to `high` degrees apart. */
export interface AngleBand {
  low: number;
  high: number;
  pairs: number;
  mean: Estimate;
}

/** A cell on the arc of a unit; angles in degrees. */
export interface ArcCell {
  row: number;
  col: number;
  /** Normal of the line along the arc there, mod 180. */
  tangent: number;
  /** From the tangent to the zero towards smaller angles; None where it does not excite. */
  smaller: number | null;
  /** The same towards larger angles. */
  larger: number | null;
}

/** One unit of the later layer. */
export interface BuiltUnit {
  /** Address, such as "4a:104". */
  unit: string;
  /** The shape its weights follow best. */
  shape: string;
  /** Correlation of its weights with that shape's template. */
  score: number;
  /** 95th percentile of the same when the curves exchange orientations. */
  score_chance: number;
  /** Share of its squared weights that is on the curves. */
  share: number;
  /** 95th percentile of the same for as many matched units. */
  share_chance: number;
  /** Place of its shape among all shapes when they are drawn, best 1; None when they were not. */
  place: number | null;
  /** The branch of the network that makes it. */
  branch: string | null;
  /** From every curve, (curves, rows, columns of cells). */
  weights: SignedBlock;
}

/** One of the article's three suspects for what a transplant does not bring back. */
export interface Cause {
  /** `grey`, `centring` or `scale`. */
  name: string;
  /** Share of the KL that natural units lose by this alone. */
  cost: Measured;
  /** That share of what the transplanted family does not bring back. */
  of_gap: Measured | null;
  sentence: string;
}

/** The paths of all pairs. */
export interface CircuitPair {
  kind: "circuit-pair";
  words: Words;
  /** In order of orientation. */
  units: ReadonlyArray<CircuitUnit>;
  /** From the image on. */
  likeness: ReadonlyArray<StepLikeness>;
}

/** The weights of one unit on the next. */
export interface CircuitTile {
  /** Address of the unit where they end. */
  unit: string;
  /** Address of the unit where they begin; None for the image. */
  source: string | null;
  /** Of the source; empty where it is not known. */
  family: string;
  /** (1, 1, rows, columns), the largest magnitude 1. */
  tile: SignedBlock;
  /** The largest magnitude, in the network's own numbers. */
  largest: number;
}

/** A pair of units with both paths, from the image on. */
export interface CircuitUnit {
  /** Degrees. */
  orientation: number;
  natural: ReadonlyArray<CircuitTile>;
  artificial: ReadonlyArray<CircuitTile>;
}

/** One claim, as a row. */
export interface ClaimRow {
  id: string;
  /** Of the article. */
  section: string;
  statement: string;
  published: string | null;
  /** What was measured, with its unit. */
  quantity: string;
  measured: number | null;
  /** Lower end of the 95 % interval of what was measured; `measured` itself where that is exact,
  such as a count. */
  low: number | null;
  high: number | null;
  /** `measured` to the last digit where it is a count. */
  count: number | null;
  /** The same on a copy with permuted weights. */
  permuted_measured: number | null;
  permuted_low: number | null;
  permuted_high: number | null;
  permuted_count: number | null;
  /** `says nothing` where the claim holds on the permuted copy too. */
  verdict: "holds" | "does not hold" | "undecided" | "says nothing" | "cannot be tested";
  criterion: string;
  how: string;
  note: string;
  /** Id or kind of the figure that shows it. */
  figure: string | null;
}

/** All claims, in the order of the article. */
export interface ClaimsTableFigure {
  kind: "claims-table";
  words: Words;
  rows: ReadonlyArray<ClaimRow>;
}

/** How to make the report again. */
export interface Colophon {
  /** The package first, then what its numbers depend on. */
  versions: ReadonlyArray<Version>;
  /** Seed of everything random; None when nothing was. */
  seed: number | null;
  /** The command that made the report. */
  command: string | null;
}

/** One block of weights between two families. */
export interface CompressedBlock {
  /** Such as "early curve (3a) → curve (3b)". */
  name: string;
  /** Weights of the block. */
  raw: number;
  /** Templates tied over rotations, from coarse to fine. */
  template: ReadonlyArray<CompressedSize>;
  /** Ranks of the singular value decomposition. */
  svd: ReadonlyArray<CompressedSize>;
  /** R² of the best template with orientations shuffled. */
  shuffled: ReadonlyArray<number | null>;
  /** Share of the best template's R² at which the factor is read. */
  share: number;
  /** Weights for every number kept there; without a value where chance does as well. */
  factor: Estimate;
  /** The same of the SVD; without a value where no rank reaches that R². */
  svd_factor: Estimate;
  /** Whether the best template beats the shuffled ones. */
  holds: boolean;
}

/** One size of a description of a block of weights. */
export interface CompressedSize {
  /** Numbers kept. */
  numbers: number;
  /** R² of targets left out. */
  r2: Estimate;
}

/** Blocks of weights, each with what its descriptions of growing size explain. */
export interface Compression {
  kind: "compression";
  words: Words;
  blocks: ReadonlyArray<CompressedBlock>;
  /** Factors that the article gives. */
  band: Range;
}

/** Random crops of every bin, of every unit. */
export interface DatasetQuilt {
  kind: "dataset-quilt";
  words: Words;
  /** In order of orientation. */
  units: ReadonlyArray<QuiltUnit>;
  groups: ReadonlyArray<QuiltGroup>;
}

/** Some curve units, decomposed; the first is shown first. */
export interface DecomposedFigure {
  kind: "decomposed";
  words: Words;
  units: ReadonlyArray<DecomposedUnitView>;
}

/** What a unit asks of one earlier layer, cell by cell. */
export interface DecomposedGrid {
  layer: string;
  rows: number;
  columns: number;
  /** Row by row. */
  cells: ReadonlyArray<GridCell>;
  alikeness: Alikeness;
  /** Side of a cell's picture in the network's pixels. */
  pixels: number;
  /** The cells' pictures, grey with their opacity; None where no cell has one. */
  sprite: Sprite | null;
}

/** A unit and its grids. */
export interface DecomposedUnitView {
  shape: OrientedUnit;
  /** Of its receptive field in pixels, around its centre. */
  height: number;
  width: number;
  /** Of the ascents of the cells' pictures. */
  steps: number;
  /** The latest layer first. */
  grids: ReadonlyArray<DecomposedGrid>;
  /** The unit's own feature visualization, one picture. */
  picture: Sprite;
  /** Side of that in the network's pixels; the unit's centre is in its middle. */
  pixels: number;
}

/** Units of a later layer by shape, the best first. */
export interface DownstreamFigure {
  kind: "downstream";
  words: Words;
  layer: string;
  /** The family they are built from. */
  curves: ReadonlyArray<OrientedUnit>;
  counts: ReadonlyArray<ShapeCount>;
  /** Units of any shape when the curves exchange orientations, on average. */
  counts_chance: number | null;
  units: ReadonlyArray<BuiltUnit>;
}

/** The experiment on one family. */
export interface Echo {
  kind: "echo";
  words: Words;
  /** In order of orientation. */
  units: ReadonlyArray<OrientedUnit>;
  /** The network itself first. */
  conditions: ReadonlyArray<EchoRow>;
  /** An echo is looked for this many degrees to either side of the opposite orientation. */
  half_width: number;
}

/** All units in one condition, as read at the orientation of the unedited unit. */
export interface EchoRow {
  /** Short name, such as "without_opposing". */
  name: string;
  /** What was done to the weights. */
  title: string;
  /** Radial tuning, (units, orientations); over the network's own peak of the unit. */
  radial: Map2D;
  /** Peak over the network's own. */
  peak: ReadonlyArray<number | null>;
  /** Largest response near the opposite orientation, over `peak`; None for a silent unit. */
  echo: ReadonlyArray<number | null>;
  /** The larger response at ±90°, over `peak`. */
  at90: ReadonlyArray<number | null>;
  mean_echo: Estimate;
  mean_at90: Estimate;
}

/** Tiles of weights of each target at each relative orientation, in two ways. */
export interface Equivariance {
  kind: "equivariance";
  words: Words;
  /** Degrees from target to source, of the columns. */
  angles: ReadonlyArray<number>;
  /** In order of orientation. */
  units: ReadonlyArray<TurnedUnit>;
  /** (targets + 1, angles, rows, columns of cells) as the weights are, the largest of a target 1;
  the last row is the mean of the targets. */
  plain: SignedBlock;
  /** The same, each tile turned so that its target sees “)”. */
  upright: SignedBlock;
  /** The template tied over rotations, (1, angles, rows, columns), its largest 1. */
  template: SignedBlock;
  /** Pixels between neighbouring cells. */
  pitch: number;
  source_shape: "curve" | "line";
  /** Of all targets, each left out in turn. */
  r2: Estimate;
  /** The same with orientations shuffled. */
  shuffled: ReadonlyArray<number | null>;
}

/** A value with its 95 % interval over units. */
export interface Estimate {
  /** None where it could not be formed. */
  value: number | null;
  /** None where units are too few for an interval. */
  low: number | null;
  /** None where units are too few for an interval. */
  high: number | null;
}

/** The units of one layer. */
export interface ExploredLayer {
  /** As addresses have it, such as "3b". */
  layer: string;
  /** Its full name, such as "mixed3b"; addresses may have this too. */
  name: string;
  units: number;
  /** Width of the receptive field in pixels, before the image's border cuts it. */
  field: number;
  /** Side of the square that really moves the units, in pixels; None for a silent layer. */
  effective: number | null;
  /** Pixels between neighbouring units. */
  stride: number;
  /** Families that the layer has. */
  names: ReadonlyArray<string>;
  /** Of each family, degrees after which its orientation repeats; 0 where it has none. */
  periods: ReadonlyArray<number>;
  /** Of each unit, the place of its family in `names`; empty for a layer without labels. */
  families: ReadonlyArray<number>;
  /** Of each unit, degrees; empty for a layer without labels. */
  orientations: ReadonlyArray<number | null>;
  /** Channels of which the negative is meant: units of layers that are never clipped. */
  negative: ReadonlyArray<number>;
  inputs: Links | null;
  outputs: Links | null;
  tuned: ReadonlyArray<Tuned>;
  /** Channels that have a picture, in the order of the sprite. */
  pictured: ReadonlyArray<number>;
  sprite: Sprite | null;
  /** `filter`: pictures are the weights on the pixels; `image`: feature visualizations. */
  shown: "filter" | "image";
}

/** A network whose units can be looked up. */
export interface ExploredNetwork {
  /** What stands before the address of a unit. */
  key: "" | "artificial" | "matched";
  /** What it is, in a few words. */
  title: string;
  /** What makes a picture of a unit, whose address stands as UNIT; None where no command does. */
  command: string | null;
  /** In the order of the network. */
  layers: ReadonlyArray<ExploredLayer>;
  /** Of the last layer's units, the measured network's units that they were written for. */
  partners: ReadonlyArray<string>;
}

/** Every unit that can be looked up; the first network is the one that was measured. */
export interface Explorer {
  networks: ReadonlyArray<ExploredNetwork>;
}

/** One family of a layer. */
export interface FamilyCount {
  family: string;
  units: number;
  /** Of the units of the layer. */
  share: number;
}

/** The share of each family in every layer. */
export interface FamilyCounts {
  kind: "family-counts";
  words: Words;
  layers: ReadonlyArray<LayerFamilies>;
}

/** The shares of every layer before the targets. */
export interface FamilySharesFigure {
  kind: "family-shares";
  words: Words;
  layers: ReadonlyArray<LayerShares>;
}

/** The sheet, layer by layer. */
export interface FamilySheet {
  kind: "family-sheet";
  words: Words;
  layers: ReadonlyArray<SheetLayer>;
}

/** What one cell sums, and where it looks. */
export interface GridCell {
  /** First pixel that it sees, below the pixel in the unit's centre. */
  top: number;
  /** The same, to the right. */
  left: number;
  /** Pixels that it sees, down. */
  height: number;
  width: number;
  /** Length of its vector of weights over the layer's channels. */
  norm: number;
  /** The norm over the largest of the grid. */
  opacity: number;
  /** Of the squared norms of all cells of the grid. */
  share: number;
  /** Sum of its weights above zero. */
  positive: number;
  /** Sum of those below. */
  negative: number;
  /** Place on the grid's sheet; None below 2% of the largest norm. */
  picture: number | null;
}

/** Groups in rows, values across. */
export interface IntervalGroups {
  kind: "interval-groups";
  words: Words;
  /** What the rows are, from the top. */
  groups: ReadonlyArray<string>;
  /** What they have in common, such as "Relative orientation". */
  group_label: string;
  /** What is measured, with its unit. */
  value_label: string;
  series: ReadonlyArray<IntervalSeries>;
  /** A value to compare with, drawn as a line. */
  reference: number | null;
  reference_label: string;
  /** A range to compare with, shaded. */
  band: Range | null;
  band_label: string;
}

/** One measurement in every group. */
export interface IntervalSeries {
  name: string;
  /** A control could have shown that there is no effect; it is drawn hollow. */
  role: "measured" | "control";
  /** One a group. */
  estimates: ReadonlyArray<Estimate>;
  /** Single draws of a control, for each group; empty when there are none. */
  draws: ReadonlyArray<ReadonlyArray<number | null>>;
}

/** All pairs, in order of orientation, and what else was set beside the natural units. */
export interface JointMapsFigure {
  kind: "joint-maps";
  words: Words;
  /** Pixels, increasing. */
  radii: ReadonlyArray<number>;
  /** Orientation of the first column, degrees; columns are evenly spaced round the circle. */
  start: number;
  pairs: ReadonlyArray<JointPair>;
  /** The artificial unit first; `units` are in the order of `pairs`. */
  rivals: ReadonlyArray<Rival>;
  /** Mean over units. */
  natural_echo: Estimate;
  artificial_echo: Estimate;
}

/** A natural unit and the artificial one of its orientation. */
export interface JointPair {
  /** Address, such as "3b:379". */
  natural: string;
  artificial: string;
  /** Of the natural unit, degrees. */
  orientation: number;
  /** Of the two maps, as they are; None when the natural unit never responds. */
  correlation: number | null;
  /** At the best turn of the artificial map within ±15°. */
  aligned: number | null;
  /** That turn, degrees. */
  turn: number | null;
  /** Largest radial response near the opposite orientation, over the peak. */
  natural_echo: number | null;
  artificial_echo: number | null;
  /** Responses: row i is radius i of the figure, column j orientation j. */
  natural_map: Map2D;
  artificial_map: Map2D;
}

/** The families of one layer, in the order of the taxonomy. */
export interface LayerFamilies {
  layer: string;
  units: number;
  families: ReadonlyArray<FamilyCount>;
  /** Of the same layer in a weight-permuted copy; empty when none was labelled. */
  permuted: ReadonlyArray<FamilyCount>;
}

/** The layers searched, in the order of the network. */
export interface LayerScanFigure {
  kind: "layer-scan";
  words: Words;
  layers: ReadonlyArray<ScannedLayer>;
  /** The layer of the family; None when none was found. */
  chosen: string | null;
}

/** The families of one layer and their shares. */
export interface LayerShares {
  layer: string;
  families: ReadonlyArray<SharedFamily>;
  bars: ReadonlyArray<ShareBar>;
  /** The article's figures for a layer of this name. */
  published: string | null;
}

/** The line tuning curve of one unit; angles in degrees, shares of the unit's peak. */
export interface LineCurve {
  /** Address, such as "conv2d2:12". */
  unit: string;
  /** What the judgement calls it, such as "line". */
  label: string;
  /** Normal of the preferred line, 0 to 180. */
  orientation: number;
  /** Full width at half the peak. */
  fwhm: number;
  /** How many times more is accepted on the side of the longer flank. */
  tolerance: number;
  /** Largest response within 25° of the perpendicular. */
  echo: number;
  /** Largest response, in the unit's own activation. */
  peak: number;
}

/** All units of a family. */
export interface LinePositionsFigure {
  kind: "line-positions";
  words: Words;
  /** Normals of the lines, degrees, over 180°. */
  angles: ReadonlyArray<number>;
  /** Pixels between neighbouring cells. */
  pitch: number;
  /** Pixels from the unit's centre down to that of the first cell. */
  down: number;
  /** The same to the right. */
  right: number;
  /** Of the arcs, pixels; None leaves them out. */
  radius: number | null;
  /** In order of orientation. */
  units: ReadonlyArray<PositionsOfUnit>;
}

/** Polar plots over 180°, one a unit. */
export interface LineTunings {
  kind: "line-tuning";
  words: Words;
  /** The layer of all units. */
  layer: string;
  /** By label, then in order of orientation. */
  units: ReadonlyArray<LineCurve>;
  /** One row a unit: response over its peak, column j at the normal 180·j / columns. */
  curves: Map2D | null;
}

/** The strongest connections of every unit of a layer with units of a neighbouring one. */
export interface Links {
  /** The other layer. */
  layer: string;
  each: number;
  /** Channels of the other layer: unsigned 16-bit numbers, little-endian, in base64. */
  channels: string;
  /** Sum of the weights from one unit to the other over all positions, as a share of the sum of
  magnitudes of all weights into the later of the two: signed 16-bit numbers, little-endian, in
  base64; 32767 is the whole. */
  shares: string;
}

/** A pad to draw on, and the artificial network to run on it. */
export interface Live {
  kind: "live";
  words: Words;
  /** From `constants` to the weights. */
  weights: LiveGraph;
  /** From `image` (1, 3, side, side), RGB from 0 to 1, and the weights to every layer. */
  responses: LiveGraph;
  /** In the order of the input `constants`. */
  constants: ReadonlyArray<LiveConstant>;
  /** The last one holds the curves. */
  layers: ReadonlyArray<LiveLayer>;
  /** Layers whose negative weights can be taken away, by their names. */
  cut: ReadonlyArray<string>;
  /** Of the pad, pixels. */
  side: number;
  /** Where units are read at first, across and down, in continuous pixels. */
  read: number;
  /** Side of the square that a curve unit looks at, about that point, pixels. */
  tile: number;
  /** Of strokes, pixels. */
  width: number;
  /** Of the curve shown at first, pixels. */
  radius: number;
}

/** A constant that the reader can move. */
export interface LiveConstant {
  name: string;
  /** Its value at first, to four digits. */
  value: number;
  low: number;
  high: number;
  /** Such as px; empty for a plain number. */
  unit: string;
  meaning: string;
  /** The layer it is of, as a heading. */
  group: string;
  /** Whether it is shown before the others. */
  first: boolean;
}

/** Units of one family, which follow one another in a layer. */
export interface LiveFamily {
  family: string;
  /** 360 where the orientation is a direction, 180 where it is an axis, 0 where there is none. */
  period: number;
  /** Channel of its first unit. */
  first: number;
  /** Of each unit, degrees; units that share one follow one another. */
  orientations: ReadonlyArray<number>;
  /** Largest response to curves, lines and angles: what is drawn in full. */
  top: number;
}

/** An ONNX graph inside the page. */
export interface LiveGraph {
  /** The file, gzipped, in base64. */
  data: string;
  inputs: ReadonlyArray<string>;
  outputs: ReadonlyArray<string>;
}

/** A layer; unit k looks at pixel `centre` + k × `stride`, across and down. */
export interface LiveLayer {
  name: string;
  alias: string;
  families: ReadonlyArray<LiveFamily>;
  stride: number;
  centre: number;
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

/** One correlation, and what exchanged orientations give instead. */
export interface MatrixLikeness {
  /** Of what with what. */
  what: string;
  measured: Estimate;
  /** The middle 95 % of the exchanges; None where none could be formed. */
  control: Range | null;
  /** Share of exchanges that reach the measured one, itself counted among them. */
  p: number;
}

/** The matrices of two networks between families of the same kind. */
export interface MatrixPair {
  kind: "matrix-pair";
  words: Words;
  natural: WeightMatrix;
  artificial: WeightMatrix;
  /** Degrees after which angles between units repeat. */
  period: number;
  /** From target to source, degrees, of the sums. */
  angles: ReadonlyArray<number>;
  /** Mean sum of a tile at each angle, over the largest magnitude of these means. */
  natural_sums: ReadonlyArray<Estimate>;
  artificial_sums: ReadonlyArray<Estimate>;
  /** Those of the published artificial network; empty where it has none. */
  published_sums: ReadonlyArray<number | null>;
  tiles: ReadonlyArray<UprightTile>;
  likeness: ReadonlyArray<MatrixLikeness>;
}

/** A figure with its 95 % interval over images; None for bounds that cannot be had. */
export interface Measured {
  value: number;
  low: number | null;
  high: number | null;
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

/** One step of the chain. */
export interface MotifLink {
  /** What the inputs see, such as "line". */
  source: string;
  source_layer: string;
  source_shape: "curve" | "line";
  target: string;
  target_layer: string;
  target_shape: "curve" | "line";
  /** Units that are built. */
  units: number;
  /** Of the arc along which inputs are expected, pixels; None for a straight tangent. */
  radius: number | null;
  /** Pixels between cells. */
  pitch: number;
  /** By angle, then the strongest positive and negative inputs. */
  tiles: ReadonlyArray<MotifTile>;
  /** (1, tiles, rows, columns), the unit at 0°; each unit's largest weight is 1. */
  values: SignedBlock;
}

/** The mean tile of some inputs. */
export interface MotifTile {
  /** What its inputs are, such as "45° apart". */
  name: string;
  /** Degrees between input and unit; None for the strongest inputs. */
  angle: number | null;
  pairs: number;
  /** Mean sum of the tile's cells; None for the strongest inputs. */
  sum: Estimate | null;
  /** Mean degrees of the strongest inputs from their unit; None for those of an angle. */
  apart: Estimate | null;
  /** Mean correlation of the strongest inputs' tiles with the tangent. */
  likeness: Estimate | null;
  /** Share of exchanges of orientations whose likeness is as far to its side. */
  p: number | null;
}

/** The links of the chain, from the last to the first. */
export interface MotifTiles {
  kind: "motif-tiles";
  words: Words;
  links: ReadonlyArray<MotifLink>;
}

/** Responses of a family to turned crops of photographs. */
export interface NaturalTuningFigure {
  kind: "natural-tuning";
  words: Words;
  /** The natural ones, in order of orientation. */
  units: ReadonlyArray<OrientedUnit>;
  /** Degrees clockwise, from 0, in equal steps. */
  turns: ReadonlyArray<number>;
  responses: ReadonlyArray<TurnedResponses>;
  errors: ReadonlyArray<TurnedErrors>;
  /** How many the strongest of each unit are; on the sheet one unit's after another's. */
  crops: ReadonlyArray<number>;
  sprite: Sprite | null;
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

/** Some targets with their pairs, and the sums of all pairs. */
export interface OpposingPairs {
  kind: "opposing-pairs";
  words: Words;
  /** Round the circle. */
  shown: ReadonlyArray<PairedTarget>;
  /** (shown, 3, rows, columns of cells); the largest magnitude of a row is 1. */
  tiles: SignedBlock;
  /** Pixels between cells. */
  pitch: number;
  /** The farthest that units can be apart, degrees. */
  half: number;
  targets: ReadonlyArray<string>;
  sources: ReadonlyArray<string>;
  /** Degrees from target to source, row after row of targets. */
  relative: ReadonlyArray<number | null>;
  /** Sums of weights, in the same order. */
  sums: ReadonlyArray<number | null>;
  bands: ReadonlyArray<AngleBand>;
}

/** A unit and the shape it sees. */
export interface OrientedUnit {
  /** Address, such as "3b:379". */
  unit: string;
  /** A curve has an orientation over 360°, a line over 180°. */
  shape: "curve" | "line";
  /** Degrees. */
  orientation: number;
}

/** A source with the place of its tile. */
export interface PairedSource {
  role: "most similar" | "perpendicular" | "most opposing";
  source: OrientedUnit;
  /** Of its weights, over cells. */
  sum: number;
}

/** A target with its sources. */
export interface PairedTarget {
  target: OrientedUnit;
  /** Most similar, perpendicular and most opposing; None where there is none so near. */
  sources: ReadonlyArray<PairedSource | null>;
}

/** Agreement on photographs. */
export interface PhotoAgreement {
  kind: "photo-agreement";
  words: Words;
  predictors: ReadonlyArray<Predictor>;
  panels: ReadonlyArray<PhotoPanel>;
  /** Natural units whose disagreements are shown. */
  units: ReadonlyArray<OrientedUnit>;
  crops: ReadonlyArray<PhotoCrop>;
  /** Crops in a row of the sprite. */
  columns: number;
  /** Of a crop, in pixels. */
  side: number;
  /** Data URI of a picture; None without crops. */
  sprite: string | null;
}

/** One place where one of two paired units is at its strongest and the other is not. */
export interface PhotoCrop {
  /** Address of the natural unit. */
  unit: string;
  miss: "false positive" | "false negative";
  /** Percentile among the unit's own positions, 0 to 100. */
  natural: number;
  artificial: number;
  /** Place of the crop in the sprite, row by row. */
  cell: number;
}

/** A mean over units with both of its 95 % intervals. */
export interface PhotoEstimate {
  /** When units are resampled. */
  units: Estimate;
  /** When photographs are. */
  images: Estimate;
}

/** One measure of agreement. */
export interface PhotoPanel {
  name: string;
  title: string;
  /** What a prediction without any knowledge has. */
  chance: number;
  /** One a predictor. */
  estimates: ReadonlyArray<PhotoEstimate>;
  /** The artificial units' less the line detectors', unit by unit. */
  lead: PhotoEstimate | null;
}

/** A natural unit's picture, and that of the artificial unit of its orientation. */
export interface PicturePair {
  natural: UnitPicture;
  artificial: UnitPicture | null;
}

/** A share of a family's pictures, beside the same with pictures exchanged among units. */
export interface PictureShare {
  family: "natural" | "artificial";
  /** Whether its strongest unit is its own, or it is read within 20° of the unit's tuning. */
  judge: "own unit" | "orientation";
  value: Estimate;
  /** The mean of 1,000 random orders. */
  exchanged: number;
  /** Share of these orders that give as much. */
  reached: number;
}

/** Pictures of both families in order of orientation. */
export interface PicturesFigure {
  kind: "pictures";
  words: Words;
  /** In order of orientation. */
  pairs: ReadonlyArray<PicturePair>;
  shares: ReadonlyArray<PictureShare>;
  sprite: Sprite;
  /** Side of a picture in the network's pixels; all are of one scale. */
  pixels: number;
}

/** One curve unit and the value of lines to it. */
export interface PositionsOfUnit {
  unit: OrientedUnit;
  /** By the weights: (angles, rows, columns of cells). */
  values: SignedBlock;
  /** What short lines drawn there add to the real unit, where they were drawn. */
  drawn: SignedBlock | null;
  /** Correlation of the two on the arc. */
  agreement: number | null;
  arc: ReadonlyArray<ArcCell>;
}

/** What predicts the natural units. */
export interface Predictor {
  name: string;
  title: string;
  /** A control has to be worse; the reference is what a perfect unit in the next cell has. */
  role: "measured" | "control" | "reference";
}

/** The article's own figures for inception5h: top-5 accuracy on 2,000 validation images. */
export interface Published {
  images: number;
  intact: number;
  ablated: number;
  transplanted: number;
}

/** Polar plots, one a published unit. */
export interface PublishedRadialFigure {
  kind: "published-radial";
  words: Words;
  /** In order of orientation. */
  units: ReadonlyArray<PublishedUnit>;
  /** One row a unit: response over its peak, column j at 360·j / columns degrees. */
  artificial: Map2D;
  /** The same of the published curves; None where they are not at hand. */
  published: Map2D | null;
  /** Full width at half maximum of the plain Gaussian. */
  gaussian_width: number;
  means: ReadonlyArray<RadialMeans>;
  /** Empty without published curves. */
  rivals: ReadonlyArray<Rival>;
}

/** One published unit and the artificial one of its orientation; angles in degrees. */
export interface PublishedUnit {
  /** Address in inception5h, such as "mixed3b:379". */
  unit: string;
  orientation: number;
  /** Published full width at half the peak. */
  fwhm: number;
  /** Published echo, as a share of the peak. */
  echo: number;
  artificial_fwhm: number | null;
  artificial_echo: number | null;
  /** Of the published and the artificial curve; None where the published one is not at hand. */
  correlation: number | null;
  /** Of the published curve and the plain Gaussian. */
  gaussian: number | null;
}

/** A range of pre-activation. */
export interface QuiltBin {
  /** None for the lowest bin, which has no end. */
  low: number | null;
  /** None for the highest bin. */
  high: number | null;
  /** Such as "strongly positive". */
  group: string;
  /** Positions in it, of all photographs. */
  count: number;
  crops: ReadonlyArray<QuiltCrop>;
}

/** One random position. */
export interface QuiltCrop {
  image: string;
  /** Of the centre of the receptive field, pixels of the framed image. */
  x: number;
  y: number;
  /** Pre-activation. */
  value: number;
  /** Place of the crop on the unit's sheet. */
  cell: number;
}

/** Edges in the crops of a group of bins, mean over units. */
export interface QuiltGroup {
  name: string;
  /** How far they lie along the unit's curve: 1 if all do, −1 if all lie across it. */
  along: Estimate;
  /** The same with orientations of other units: the control. */
  exchanged: Estimate;
}

/** A unit's bins, from the lowest to the highest. */
export interface QuiltUnit {
  shape: OrientedUnit;
  bins: ReadonlyArray<QuiltBin>;
  sprite: Sprite | null;
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

/** Means over the units of one statistic. */
export interface RadialMeans {
  name: string;
  unit: "degrees" | "share";
  published: Estimate;
  artificial: Estimate;
  /** Artificial less published, unit by unit. */
  difference: Estimate;
  /** Of the plain Gaussian. */
  gaussian: number;
}

/** From one value to another. */
export interface Range {
  low: number;
  high: number;
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
  figures: ReadonlyArray<TuningMaps | RadialCurves | UnitTable | Selectivity | LayerScanFigure | NullCounts | NearMisses | Compression | DownstreamFigure | Echo | Equivariance | IntervalGroups | LinePositionsFigure | LineTunings | WeightMatrix | MotifTiles | OpposingPairs | FamilyCounts | FamilySharesFigure | SchematicFigure | FamilySheet | TextureFactors | ClaimsTableFigure | MatrixPair | CircuitPair | PhotoAgreement | JointMapsFigure | ShapeResponsesFigure | PublishedRadialFigure | DatasetQuilt | SaliencyPairs | DecomposedFigure | PicturesFigure | NaturalTuningFigure | TransplantFigure | Live>;
  /** Headings between the figures, in their order; without them the figures are one list. */
  sections: ReadonlyArray<Section>;
  /** Parts that were not made. */
  missing: ReadonlyArray<Missing>;
  /** What the page knows of every unit; None leaves units as plain text. */
  explorer: Explorer | null;
  colophon: Colophon;
}

/** One thing that natural units were correlated with. */
export interface Rival {
  /** Short name, such as "template". */
  name: string;
  title: string;
  /** A control has to agree less than the artificial unit; a rival may agree more. */
  role: "artificial" | "rival" | "control";
  /** Mean correlation over units, orientations as they are. */
  straight: Estimate;
  /** The same at the best turn within ±15°; without value where that was not formed. */
  aligned: Estimate;
  /** Mean over units of the artificial unit's correlation less this one's, as they are. */
  lead: Estimate;
  /** Correlation of each unit, as it is. */
  units: ReadonlyArray<number | null>;
}

/** One crop, and what moves either unit in it. */
export interface SaliencyCrop {
  image: string;
  /** Of the centre of the receptive field, pixels of the framed image. */
  x: number;
  y: number;
  /** Percentile of the natural unit's pre-activation, 0 to 100. */
  natural: number;
  artificial: number;
  /** Correlation of the two maps over pixels. */
  likeness: number | null;
  /** Place of the crop on the pair's sheet; natural and artificial saliency follow. */
  cell: number;
}

/** Correlation of the maps of both units on one kind of crops, mean over units. */
export interface SaliencyLikeness {
  name: "natural_top" | "artificial_top" | "natural_only" | "artificial_only";
  title: string;
  own: Estimate;
  /** A control: with the artificial map turned by 90°. */
  turned: Estimate;
  /** A control: with the artificial map of another crop. */
  other: Estimate;
}

/** The crops of one kind, of one pair. */
export interface SaliencyList {
  name: "natural_top" | "artificial_top" | "natural_only" | "artificial_only";
  crops: ReadonlyArray<SaliencyCrop>;
}

/** A natural unit and the artificial one of its orientation. */
export interface SaliencyPair {
  /** Of the natural unit. */
  shape: OrientedUnit;
  artificial: string;
  lists: ReadonlyArray<SaliencyList>;
  sprite: Sprite | null;
}

/** Crops with both saliency maps, and how alike these are. */
export interface SaliencyPairs {
  kind: "saliency-pairs";
  words: Words;
  /** In order of orientation. */
  pairs: ReadonlyArray<SaliencyPair>;
  likeness: ReadonlyArray<SaliencyLikeness>;
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

/** Expanded weights from a family to one of the next layer of the chain. */
export interface SchematicEdge {
  source: string;
  target: string;
  /** Sum of the positive weights, over the sum of magnitudes of all weights into the target. */
  positive: number;
  /** The same of the negative weights; at most 0. */
  negative: number;
}

/** A layered graph of families; layers are columns, in the order of the network. */
export interface SchematicFigure {
  kind: "schematic";
  words: Words;
  layers: ReadonlyArray<string>;
  nodes: ReadonlyArray<SchematicNode>;
  edges: ReadonlyArray<SchematicEdge>;
  /** Ids of the nodes whose families the curve circuit is made of. */
  core: ReadonlyArray<string>;
}

/** A family of a layer. */
export interface SchematicNode {
  /** `layer/family`. */
  id: string;
  layer: string;
  family: string;
  units: number;
  /** Of the units of its layer. */
  share: number;
}

/** One edited network on the images; of several draws, their mean. */
export interface Score {
  name: string;
  draws: number;
  /** Share of labelled images; None without labels. */
  top1: number | null;
  top5: number | null;
  /** Mean of −log p(class). */
  loss: number | null;
  /** Mean over images of KL(intact ‖ this), in nats. */
  kl: Measured;
  /** Less the intact network's. */
  top1_change: Measured | null;
  top5_change: Measured | null;
  loss_change: Measured | null;
  recovered: Shares;
  /** Recovered KL of the transplanted family less that of this one. */
  behind: Measured | null;
}

/** A heading over several figures. */
export interface Section {
  title: string;
  /** Number of its first figure, from 1; it ends where the next section begins. */
  first: number;
  /** The paragraphs under the heading. */
  text: ReadonlyArray<string>;
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

/** How many units build one shape. */
export interface ShapeCount {
  shape: string;
  units: number;
}

/** All shapes of a kind together. */
export interface ShapeKind {
  name: string;
  /** Mean over units of the correlation over the kind's shapes and orientations. */
  correlation: Estimate;
  /** The same with artificial units at least 45° away, the mean over them. */
  control: Estimate;
}

/** The shapes as small drawings, with the mean response of both sides. */
export interface ShapeResponsesFigure {
  kind: "shape-responses";
  words: Words;
  kinds: ReadonlyArray<ShapeKind>;
  /** In the order of the kinds. */
  shapes: ReadonlyArray<ShapeRow>;
  /** One row a shape: mean response over units by orientation less the unit's own, from −180°. */
  natural: Map2D;
  artificial: Map2D;
  /** Data URI of all drawings, in the order of `shapes`, each in the orientation 0. */
  sprite: string;
  /** Drawings in a row of the sprite. */
  columns: number;
  /** Side of a drawing in the sprite's pixels. */
  cell: number;
  rivals: ReadonlyArray<Rival>;
}

/** One shape; responses are shares of a unit's peak on outline curves. */
export interface ShapeRow {
  name: string;
  /** What it shares with its like, such as "line". */
  kind: string;
  /** Mean over units of the response to the shape in its best orientation. */
  natural: Estimate;
  artificial: Estimate;
  /** Mean over units of the correlation over orientations; no value where no unit responds. */
  correlation: Estimate;
}

/** The share of one family, under one measure, in one place. */
export interface ShareBar {
  family: string;
  place: "peak" | "all";
  metric: "sum" | "energy" | "positive" | "negative" | "active";
  /** Mean over the target units. */
  share: number;
  /** Lower end of its 95 % interval, by resampling the targets; None when they are too few. */
  low: number | null;
  high: number | null;
}

/** A family of the layer and its size. */
export interface SharedFamily {
  family: string;
  units: number;
  /** Its share of the layer's units, which it would hold if all had the same weights. */
  evenly: number;
}

/** How much of what ablation costs comes back: 1 is all, 0 none, below 0 worse than ablation. */
export interface Shares {
  /** 1 − KL(intact ‖ variant) / KL(intact ‖ family set to zero). */
  kl: Measured | null;
  /** The same against the family held at its mean. */
  kl_vs_mean: Measured | null;
  /** (loss of zero − loss of the variant) / (loss of zero − loss of intact). */
  loss: Measured | null;
  top1: Measured | null;
  top5: Measured | null;
}

/** The families of a layer, and one picture with all their thumbnails. */
export interface SheetLayer {
  layer: string;
  /** `filter`: the weights on the pixels; `image`: a feature visualization. */
  shown: "filter" | "image";
  /** Side of a thumbnail in the network's pixels. */
  pixels: number;
  /** Thumbnails in a row of the sprite. */
  columns: number;
  /** Side of a thumbnail in the sprite's pixels. */
  cell: number;
  /** Data URI of a picture. */
  sprite: string;
  rows: ReadonlyArray<SheetRow>;
}

/** A family of a layer, the units of the highest score first. */
export interface SheetRow {
  family: string;
  /** Units of the family, those not shown too. */
  members: number;
  /** 360 for shapes with two sides, 180 for lines, 0 without orientation. */
  period: number;
  units: ReadonlyArray<SheetUnit>;
}

/** One unit of a family. */
export interface SheetUnit {
  channel: number;
  /** −1 where the negative of a unit of a linear layer is meant. */
  sign: number;
  /** Degrees: outward normal of curves and angles, normal of lines. */
  orientation: number | null;
  score: number;
  /** Place of its thumbnail in the sprite, row by row. */
  cell: number;
}

/** A block of values of either sign, kept as one signed byte each. */
export interface SignedBlock {
  /** Length of every axis; the last axis runs fastest. */
  shape: ReadonlyArray<number>;
  /** The value of one step: a cell's value is its byte times this; the byte −128 is no value. */
  scale: number;
  /** The bytes in base64. */
  data: string;
}

/** Square pictures of one size on a sheet, row after row. */
export interface Sprite {
  /** WebP as a data URI. */
  uri: string;
  /** Pictures in a row. */
  columns: number;
  /** Of a picture, in pixels. */
  side: number;
}

/** How alike the tiles that end in a layer are, over all pairs of units. */
export interface StepLikeness {
  layer: string;
  measured: Estimate;
  /** With the paths of artificial units of other orientations. */
  control: Estimate;
  /** The first less the second, unit by unit. */
  lead: Estimate;
}

/** A group of textures that act on curves together. */
export interface TextureFactor {
  /** Its largest units, largest first. */
  strongest: ReadonlyArray<TextureUnit>;
  /** Sum of its map on every curve unit. */
  sums: ReadonlyArray<number | null>;
}

/** Maps of each factor (a row) on each curve unit (a column). */
export interface TextureFactors {
  kind: "texture-factors";
  words: Words;
  /** The rows, the largest first. */
  factors: ReadonlyArray<TextureFactor>;
  /** The columns, in order of orientation. */
  curves: ReadonlyArray<OrientedUnit>;
  /** Signed weight of each factor, (factors, curves, rows, columns of cells). */
  maps: SignedBlock;
  /** Share of the squared weights that the factors account for. */
  explained: Estimate;
  /** The same for as many random other units of the layer, smallest first. */
  control: ReadonlyArray<number>;
  /** The same on a copy with permuted weights. */
  permuted: Estimate | null;
  /** Of the weight on the whole layer, what is on its textures. */
  share: Estimate;
  /** Pixels of the image between neighbouring cells. */
  pitch: number;
}

/** A texture unit in a factor. */
export interface TextureUnit {
  /** Address, such as "3a:66". */
  unit: string;
  /** Of the factor, whose parts have squares that sum to 1; at least 0. */
  part: number;
}

/** One class with enough images: of the intact, ablated and transplanted network, in order. */
export interface TransplantClass {
  name: string;
  images: number;
  top1: ReadonlyArray<number>;
  top5: ReadonlyArray<number>;
  /** From the intact network, nats. */
  kl: ReadonlyArray<number>;
}

/** Recovered shares of a transplant, its controls and ceilings, and all scores. */
export interface TransplantFigure {
  kind: "transplant";
  words: Words;
  rows: ReadonlyArray<TransplantRow>;
  /** Those of which the transplanted family has a share; the first is shown first. */
  metrics: ReadonlyArray<TransplantMetric>;
  published: Published;
  causes: ReadonlyArray<Cause>;
  classes: ReadonlyArray<TransplantClass>;
  /** Images below which a class is left out. */
  least_per_class: number;
  /** What has to be known to read the figure, a sentence or two each. */
  notes: ReadonlyArray<string>;
}

/** One way to say how much comes back. */
export interface TransplantMetric {
  /** Which of the recovered shares of a score. */
  name: "kl" | "kl_vs_mean" | "loss" | "top1" | "top5";
  title: string;
  /** What has a share of 0; the intact network has 1. */
  zero: string;
}

/** One edited network and its scores. */
export interface TransplantRow {
  /** A few words, such as "straight lines". */
  title: string;
  role: "measured" | "variant" | "ceiling" | "control" | "silenced" | "intact";
  score: Score;
}

/** Responses of every unit of a layer over the orientation of a shape. */
export interface Tuned {
  /** Curves go round 360°, lines 180°. */
  shape: "curve" | "line";
  /** Side in pixels of the square that the shapes were drawn in. */
  tile: number;
  /** Orientations, evenly spaced from 0°. */
  steps: number;
  /** Largest mean response of each unit, in its own activation; 0 where it never responds. */
  peaks: ReadonlyArray<number>;
  /** One byte a response, unit after unit, in base64; 255 is the unit's peak. */
  data: string;
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

/** Degrees between where units peak and where they should, mean over pairs of other units. */
export interface TurnedErrors {
  of: "natural" | "artificial";
  error: Estimate;
  /** A control: with orientations of other units, 45° or more away. */
  shuffled: Estimate;
  /** A control: on random crops. */
  random: Estimate;
}

/** Responses of one side to one kind of crops. */
export interface TurnedResponses {
  of: "natural" | "artificial";
  on: "strongest" | "random";
  /** Mean over crops (choosing units, turns, units), over each unit's largest on the strongest. */
  values: SignedBlock;
  /** Turn at which each unit peaks, degrees, row after row of (choosing units, units). */
  peaks: ReadonlyArray<number | null>;
}

/** One target, a row. */
export interface TurnedUnit {
  target: OrientedUnit;
  /** Addresses at each angle, whose mean is the tile there. */
  sources: ReadonlyArray<ReadonlyArray<string>>;
  /** The weight that counts as 1, in the network's own numbers. */
  largest: number;
  /** What the template fitted to the other targets explains of this one. */
  r2: number | null;
  /** The middle 95 % of the same with orientations shuffled. */
  shuffled: Range | null;
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

/** A picture of a unit, and what is seen in it. */
export interface UnitPicture {
  /** Address, such as "3b:379". */
  unit: string;
  /** Degrees that the unit is tuned to, of drawn curves. */
  orientation: number;
  /** Of the unit on its picture, before clipping. */
  activation: number;
  /** The unit of its family that is strongest on the picture, for what it is on the others. */
  strongest: string;
  /** Degrees that hand-written units read off the picture; None where none of them responds. */
  read: number | null;
  /** The unit of the other family that is tuned nearest to what is read. */
  other: string | null;
  /** Degrees that it is tuned to. */
  other_orientation: number | null;
  /** Place of the picture on the sheet. */
  cell: number;
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

/** The mean tile of pairs of the same orientation, the target at 0°: “)”. */
export interface UprightTile {
  name: string;
  /** (1, 1, rows, columns), the largest magnitude 1. */
  tile: SignedBlock;
}

/** A program and its version. */
export interface Version {
  name: string;
  version: string;
}

/** Expanded weights from each source (a column) to each target (a row). */
export interface WeightMatrix {
  kind: "weight-matrix";
  words: Words;
  /** The rows, in order of orientation. */
  targets: ReadonlyArray<OrientedUnit>;
  /** The columns, in order of orientation. */
  sources: ReadonlyArray<OrientedUnit>;
  /** Weights, (targets, sources, rows, columns of cells). */
  kernels: SignedBlock;
  /** Sum of every kernel, row after row of the matrix. */
  sums: ReadonlyArray<number | null>;
  /** Pixels of the image between neighbouring cells. */
  pitch: number;
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
