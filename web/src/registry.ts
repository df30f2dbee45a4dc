import type { ComponentChild } from "preact";
import type { Table } from "./lib/csv";
import type { Report } from "./types";
import * as jointMaps from "./figures/joint-maps";
import * as publishedRadial from "./figures/published-radial";
import * as shapeResponses from "./figures/shape-responses";
import * as layerScan from "./figures/layer-scan";
import * as nearMisses from "./figures/near-misses";
import * as nullCounts from "./figures/null-counts";
import * as radialCurves from "./figures/radial-curves";
import * as selectivity from "./figures/selectivity";
import * as tuningMaps from "./figures/tuning-maps";
import * as unitTable from "./figures/unit-table";
import * as compression from "./figures/compression";
import * as downstream from "./figures/downstream";
import * as echo from "./figures/echo";
import * as intervalGroups from "./figures/interval-groups";
import * as linePositions from "./figures/line-positions";
import * as lineTuning from "./figures/line-tuning";
import * as weightMatrix from "./figures/weight-matrix";
import * as equivariance from "./figures/equivariance";
import * as motifTiles from "./figures/motif-tiles";
import * as opposingPairs from "./figures/opposing-pairs";
import * as claimsTable from "./figures/claims-table";
import * as familyCounts from "./figures/family-counts";
import * as familyShares from "./figures/family-shares";
import * as familySheet from "./figures/family-sheet";
import * as schematic from "./figures/schematic";
import * as textureFactors from "./figures/texture-factors";
import * as matrixPair from "./figures/matrix-pair";
import * as circuitPair from "./figures/circuit-pair";
import * as photoAgreement from "./figures/photo-agreement";
import * as datasetQuilt from "./figures/dataset-quilt";
import * as saliencyPairs from "./figures/saliency-pairs";
import * as naturalTuning from "./figures/natural-tuning";
import * as decomposed from "./figures/decomposed";
import * as pictures from "./figures/pictures";
import * as transplant from "./figures/transplant";
import * as live from "./figures/live";

export type Figure = Report["figures"][number];
type Kind = Figure["kind"];

/** What a figure's file gives: how it is drawn, and its numbers as one table. */
export interface Entry<F> {
  Body: (props: { figure: F }) => ComponentChild;
  table: (figure: F) => Table;
  /** The units that it shows, where they are not the addresses in its data. */
  units?: (figure: F) => ReadonlyArray<string>;
}

/** Every figure by its `kind`; the compiler asks for exactly those the Python side has. */
const registry: { [K in Kind]: Entry<Extract<Figure, { kind: K }>> } = {
  "tuning-maps": tuningMaps,
  "radial-curves": radialCurves,
  "unit-table": unitTable,
  selectivity: selectivity,
  "layer-scan": layerScan,
  "null-counts": nullCounts,
  "near-misses": nearMisses,
  compression: compression,
  downstream: downstream,
  echo: echo,
  "interval-groups": intervalGroups,
  "line-positions": linePositions,
  "line-tuning": lineTuning,
  "weight-matrix": weightMatrix,
  equivariance: equivariance,
  "motif-tiles": motifTiles,
  "opposing-pairs": opposingPairs,
  "claims-table": claimsTable,
  "family-counts": familyCounts,
  "family-shares": familyShares,
  "family-sheet": familySheet,
  schematic: schematic,
  "texture-factors": textureFactors,
  "joint-maps": jointMaps,
  "shape-responses": shapeResponses,
  "published-radial": publishedRadial,
  "matrix-pair": matrixPair,
  "circuit-pair": circuitPair,
  "photo-agreement": photoAgreement,
  "dataset-quilt": datasetQuilt,
  "saliency-pairs": saliencyPairs,
  "natural-tuning": naturalTuning,
  decomposed: decomposed,
  pictures: pictures,
  transplant: transplant,
  live: live,
};

/** The entry of a figure; data of an unknown kind, of a later version say, is an error. */
export function entryOf(figure: Figure): Entry<Figure> {
  if (!Object.hasOwn(registry, figure.kind)) {
    throw new Error(`this page cannot draw a figure of the kind “${String(figure.kind)}”`);
  }
  return registry[figure.kind] as Entry<Figure>;
}
