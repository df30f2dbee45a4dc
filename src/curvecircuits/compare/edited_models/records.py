"""What an evaluation of edited models returns and writes: a record that is reopened later."""

from dataclasses import dataclass

from curvecircuits.compare.transplants.records import Measured, Skipped
from curvecircuits.errors import InputError
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class ClassShift(Record):
    """What an edit does to the images of one class, with 95 % intervals over these images."""

    index: int
    name: str
    images: int
    top1_change: Measured
    """Share of them that the edited network names right, less the intact network's."""
    kl: Measured


@dataclass(frozen=True, kw_only=True)
class EditedModel(Record):
    """One version of a network on the images, with 95 % intervals from images drawn anew.

    Figures that need classes are None where no image has one.
    """

    name: str
    edits: tuple[str, ...]
    """What was edited, in sentences; nothing of the intact network."""
    top1: Measured | None
    """Share of labelled images."""
    top5: Measured | None
    loss: Measured | None
    """Mean of −log p(class), in nats."""
    kl: Measured
    """Mean over images of KL(intact ‖ this), in nats."""
    top1_change: Measured | None
    """Less the intact network's, image by image."""
    top5_change: Measured | None
    loss_change: Measured | None
    classes: tuple[ClassShift, ...]
    """The classes that change most by KL divergence, of those with enough images. They are chosen
    on the images that they are measured on: the first are there by chance, too."""


@dataclass(frozen=True, kw_only=True)
class EditedModels(Record):
    """The outcome of `evaluate_edits`."""

    SCHEMA = "curvecircuits.edited_models/1"

    model: str
    model_hash: str
    weights: str
    intact: EditedModel
    models: tuple[EditedModel, ...]
    """In the order in which they were given."""
    images: int
    """That were read and evaluated."""
    labelled: int
    skipped: tuple[Skipped, ...]
    """The first of them."""
    skipped_count: int
    unlabelled: dict[str, int]
    """Why images have no class among the scores, and how many."""
    data: str
    data_fingerprint: str
    framing: str
    order: str
    """Where the order of the classes comes from."""
    least_per_class: int
    """Images below which nothing is said of a class."""
    seed: int
    notes: tuple[str, ...]
    """What has to be known to read the figures, in plain sentences."""
    versions: dict[str, str]

    def model_of(self, name: str) -> EditedModel:
        """The version of a name.

        Raises
        ------
        InputError
            If there is none.
        """
        found = {each.name: each for each in (self.intact, *self.models)}
        if name not in found:
            raise InputError(f"No edited model is called {name!r}: there are {', '.join(found)}.")
        return found[name]
