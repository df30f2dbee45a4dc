"""The section on the search: what it saw in every layer, and in permuted copies."""

from curvecircuits.families import CurveFamily
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.layer_scan import ScannedLayer, layer_scan
from curvecircuits.report.figures.near_misses import NearMiss, near_misses
from curvecircuits.report.figures.null_counts import null_counts

_NEAR_MISSES = 40


def search_figures(family: CurveFamily, *, seed: int = 0) -> list[tuple[str, Figure]]:
    """What the search saw, layer by layer and in permuted copies, as figures by their names.

    Parameters
    ----------
    family
        From `find_curves`.
    seed
        Of the permuted copies, to be said.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import find_curves
    >>> family = find_curves(artificial_network(), layer="3b", permutations=1)
    >>> [name for name, _ in search_figures(family)]
    ['layer-scan', 'null-counts', 'near-misses']
    """
    figures: list[Figure] = []
    best = max(scan.curves for scan in family.layers)
    figures.append(
        layer_scan(
            [
                ScannedLayer(
                    layer=scan.layer,
                    curves=scan.curves,
                    early_curves=scan.early_curves,
                    permuted=scan.permuted,
                    tile=scan.tile,
                    gap=scan.largest_gap,
                )
                for scan in family.layers
            ],
            chosen=family.layer,
        )
    )
    figures.append(
        null_counts(
            found=len(family.units) or best,
            counts=family.permuted_counts,
            caption=f"Every copy is searched in the same layers; its best one counts. Seed {seed}.",
        )
    )
    figures.append(
        near_misses(
            [
                NearMiss(
                    unit=miss.unit,
                    reason=miss.reason,
                    orientation=miss.orientation,
                    fwhm=miss.fwhm,
                    echo=miss.echo,
                    at90=miss.at90,
                )
                for miss in family.near_misses[:_NEAR_MISSES]
            ]
        )
    )
    return [(figure.kind, figure) for figure in figures]
