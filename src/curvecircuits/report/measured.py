"""What the figures are made of: each measurement is made when a figure first asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from curvecircuits.artificial import artificial_network
from curvecircuits.claims import Evidence, gather
from curvecircuits.compare import Matched, Transplant, match_family
from curvecircuits.compare.transplants import check_transplant
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily, Taxonomy, discover_families, find_curves
from curvecircuits.images import ImageSet
from curvecircuits.models.fingerprint import fingerprint
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.report.examples import ShownExamples, check_examples
from curvecircuits.report.parts import UnitRow
from curvecircuits.report.runs import examples_on, kept_examples, transplant_on
from curvecircuits.report.tuned import unit_rows
from curvecircuits.store import Shelf


@dataclass(kw_only=True)
class Measured:
    """A network, its family, and what is measured of both.

    Families and taxonomies are kept on a shelf, so that a report whose figures are kept too is made
    without any of the rest.

    Raises
    ------
    InputError
        If the transplant or the examples are of another network; of whatever is asked for, as
        `find_curves`.

    Examples
    --------
    >>> measured = Measured(network=artificial_network(), layer="3b", permutations=1)
    >>> len(measured.family.units)  # searched now, and not again
    24
    """

    network: Network
    layer: str | None = None
    """Search this layer only; by default all."""
    permutations: int = 3
    """Weight-permuted copies to search."""
    photographs: Sequence[Path] = ()
    """Image files on which both families are read."""
    images: ImageSet | None = None
    """Photographs that examples are looked for in, and that the transplant is judged by."""
    transplant: Transplant | None = None
    """From `transplant` or `open_transplant`, to be used instead."""
    examples: ShownExamples | None = None
    """From `report.examples.open_shown`, to be used instead."""
    seed: int = 0
    cache: Path | None = None
    """A folder where results and pictures are kept; without one, everything is made anew."""
    progress: bool = False

    def __post_init__(self) -> None:
        if self.transplant is not None:
            check_transplant(self.network, self.transplant)
        if self.examples is not None:
            check_examples(self.network, self.examples)

    @property
    def pictures(self) -> Path | None:
        """A folder of finished pictures."""
        return None if self.cache is None else self.cache / "pictures"

    @property
    def results(self) -> Path | None:
        """A folder of finished results."""
        return None if self.cache is None else self.cache / "results"

    @cached_property
    def shelf(self) -> Shelf:
        """Results of this network, searched in this layer, with this seed."""
        if self.results is None:
            return Shelf()
        return Shelf(self.results).given(
            network=fingerprint(self.network),
            name=self.network.name,
            provenance=str(self.network.provenance),
            device=str(self.network.device),
            layer=self.layer,
            permutations=self.permutations,
            seed=self.seed,
        )

    @cached_property
    def on_photographs(self) -> Shelf:
        """Results that depend on the photographs too: on their bytes, in their order."""
        if self.results is None:
            return self.shelf
        sums = [sha256(path.read_bytes()).hexdigest() for path in self.photographs]
        return self.shelf.given(photographs=sums)

    # -- the natural network -------------------------------------------------------------------

    @cached_property
    def family(self) -> CurveFamily:
        """What `find_curves` returns."""
        return self.shelf.kept(
            "family",
            CurveFamily,
            lambda: find_curves(
                self.network,
                layer=self.layer,
                permutations=self.permutations,
                seed=self.seed,
                progress=self.progress,
            ),
        )

    @cached_property
    def evidence(self) -> Evidence:
        """What claims are measured on; needs a family."""
        return gather(
            self.network,
            search=self.family,
            taxonomy=self._taxonomy("taxonomy", self.network) if self.family.found else None,
            transplant=self.replaced,
            seed=self.seed,
            progress=self.progress,
        )

    @cached_property
    def control(self) -> Evidence:
        """The same families on a weight-permuted copy."""
        return self.evidence.permuted(self.seed + 1)

    @cached_property
    def permuted(self) -> Taxonomy:
        """Families of a weight-permuted copy."""
        copy = weight_permuted(self.network, seed=self.seed + 1)
        return self._taxonomy("permuted taxonomy", copy, self.evidence.layers)

    def _taxonomy(
        self, name: str, network: Network, layers: Sequence[str] | None = None
    ) -> Taxonomy:
        return self.shelf.kept(
            name,
            Taxonomy,
            lambda: discover_families(
                network,
                curve_layer=self.family.layer,
                layers=layers,
                seed=self.seed,
                progress=self.progress,
            ),
        )

    # -- the artificial one --------------------------------------------------------------------

    @cached_property
    def artificial(self) -> Network:
        """The artificial network of the default constants."""
        return artificial_network()

    @cached_property
    def artificial_family(self) -> CurveFamily:
        """What `find_curves` returns for it."""
        return self.shelf.kept(
            "artificial family",
            CurveFamily,
            lambda: find_curves(
                self.artificial, layer="3b", seed=self.seed, progress=self.progress
            ),
        )

    @cached_property
    def rows(self) -> list[UnitRow]:
        """The units of both families as rows of a table; none where no family was found."""
        if not self.family.found:
            return []
        return [
            *unit_rows(self.family.units, "natural"),
            *unit_rows(self.artificial_family.units, "artificial"),
        ]

    @cached_property
    def matched(self) -> Matched | None:
        """An artificial family of the same orientations and places; None where none can stand."""
        try:
            return match_family(self.network, self.family, seed=self.seed)
        except InputError:
            return None

    @cached_property
    def lines(self) -> Matched | None:
        """Line detectors in their place, as a control."""
        if self.matched is None:
            return None
        return match_family(
            self.network,
            self.family,
            centres=self.matched.centres,
            detector="lines",
            seed=self.seed,
        )

    # -- on many photographs -------------------------------------------------------------------

    @cached_property
    def _on_images(self) -> Shelf:
        assert self.images is not None
        return self.shelf.given(images=self.images.fingerprint)

    @cached_property
    def replaced(self) -> Transplant | None:
        """What comes back when the family is replaced; None without photographs."""
        if self.transplant is not None or self.images is None or not self.family.found:
            return self.transplant
        return transplant_on(
            self.network,
            self.family,
            self.images,
            folder=self._on_images.run("transplant"),
            seed=self.seed,
            progress=self.progress,
        )

    @cached_property
    def seen(self) -> ShownExamples | None:
        """What both families see in photographs; None without them, or without a written family."""
        if self.examples is not None or self.images is None or not self.family.found:
            return self.examples
        folder = self._on_images.run("examples")
        kept = kept_examples(folder)
        if kept is not None or self.matched is None:
            return kept
        return examples_on(
            self.matched,
            self.family,
            self.images,
            folder=folder,
            seed=self.seed,
            progress=self.progress,
        )
