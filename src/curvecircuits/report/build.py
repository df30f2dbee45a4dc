"""From a network to its report: find, measure, rebuild by hand, and set side by side."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from curvecircuits.compare import Transplant
from curvecircuits.images import ImageSet
from curvecircuits.models.network import Network
from curvecircuits.report.document import Colophon, Missing, Model, Report, Version, Weights
from curvecircuits.report.examples import ShownExamples, missing_examples
from curvecircuits.report.explorer import explore, picture_command
from curvecircuits.report.explorer_record import Explorer
from curvecircuits.report.figured import TABLE, claims_of, named_figures
from curvecircuits.report.live import missing_live
from curvecircuits.report.measured import Measured
from curvecircuits.report.pictured import missing_pictures
from curvecircuits.report.prose import lede
from curvecircuits.report.sections import Made, figure_names, linked_claims, sections
from curvecircuits.report.transplanted import missing_transplant

_FIRST_LOOK = [
    name
    for part in ("The family", "The search", "On photographs", "The transplant")
    for name in figure_names()[part]
]
"""The figures of a report without the circuit."""

_CIRCUIT = Missing(
    title="The circuit, its claims and the artificial network beside it",
    command="curvecircuits report --model M",
)


def build_report(
    network: Network,
    *,
    layer: str | None = None,
    seed: int = 0,
    progress: bool = False,
    command: str | None = None,
    circuit: bool = True,
    pictures: bool = True,
    permutations: int = 3,
    photographs: Sequence[Path] = (),
    images: ImageSet | None = None,
    transplant: Transplant | None = None,
    examples: ShownExamples | None = None,
    cache: Path | None = None,
) -> Report:
    """Find the curve family of a network, measure its circuit, set the hand-written one beside it.

    Parameters
    ----------
    network
        From `curvecircuits.load` or `curvecircuits.wrap`.
    layer
        Search this layer only; by default all.
    seed
        Of the weight-permuted copies.
    command
        The command that made the report, for the colophon.
    circuit
        Whether to label the families, measure the circuit and every claim, and compare the
        artificial circuit: most of the time.
    pictures
        Whether to show the units' feature visualizations beside their circuit.
    permutations
        Weight-permuted copies to search for a family.
    photographs
        Image files on which the natural and the artificial family are compared, and turned.
    images
        Photographs, from `open_images`, in which examples are looked for and on which the
        transplant is made, 500 of them at most; not without the circuit.
    transplant
        A run of `compare.transplant` on this network, to show instead.
    examples
        A run of `curvecircuits examples` on this network, from `report.examples.open_shown`.
    cache
        A folder where feature visualizations and results are kept, so that nothing is made or
        measured twice; what is there after an interrupt is used too.

    Raises
    ------
    InputError
        As `find_curves`; if the transplant or the examples are of another network.

    """
    measured = Measured(
        network=network,
        layer=layer,
        permutations=permutations,
        photographs=photographs if circuit else (),
        images=images if circuit else None,
        transplant=transplant,
        examples=examples,
        seed=seed,
        cache=cache,
        progress=progress,
    )
    measured.shelf.check()
    family = measured.family
    searched = family.layer or max(family.layers, key=lambda scan: scan.curves).layer
    claims = explorer = None
    if family.found and circuit:
        claims = claims_of(measured)
        figures = named_figures(measured, pictures=pictures)
        figures.append((TABLE, linked_claims(claims, figures)))
        explorer = _explorer(measured, figures, pictures=pictures, command=command)
    else:
        figures = named_figures(measured, _FIRST_LOOK)
    return Report(
        title=f"Curve detectors in {network.name}",
        lede=lede(
            model=network.name,
            layer=searched,
            units=network.layer(searched).channels,
            rows=measured.rows,
            null=family.permuted_counts,
        ),
        model=Model(
            name=network.name,
            layer=searched,
            sha256=family.model_hash,
            weights=Weights(
                source=network.provenance.source,
                sha256=network.provenance.sha256,
                verified=network.provenance.verified,
            ),
        ),
        figures=tuple(figure for _, figure in figures),
        sections=sections(figures, claims),
        missing=(
            *([] if circuit or not family.found else [_CIRCUIT]),
            *missing_pictures(family, shown=circuit and pictures),
            *missing_examples(family, measured.seen, measured.photographs),
            *missing_transplant(network, family, measured.replaced),
            *(missing_live(figures) if family.found and circuit else ()),
        ),
        explorer=explorer,
        colophon=Colophon(versions=_versions(), seed=seed, command=command),
    )


def _explorer(
    measured: Measured, figures: Made, *, pictures: bool, command: str | None
) -> Explorer:
    """Every unit, with the pictures that figures have of it."""
    m = measured
    # It says which figure has a picture, by its place.
    kinds = [figure.kind for _, figure in figures]
    said = picture_command(command)
    return m.shelf.given(pictures=pictures, command=said, kinds=kinds).kept(
        "explorer",
        Explorer,
        lambda: explore(
            m.evidence,
            matched=m.matched,
            figures=[figure for _, figure in figures],
            pictures=pictures,
            command=command,
            cache=m.pictures,
            progress=m.progress,
        ),
    )


def _versions() -> tuple[Version, ...]:
    names = ("curvecircuits", "torch", "numpy")
    found = [Version(name=name, version=version(name)) for name in names]
    return (*found, Version(name="Python", version=platform.python_version()))
