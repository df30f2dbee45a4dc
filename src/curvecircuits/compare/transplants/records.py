"""What a transplant returns and writes: a record that later runs and the page reopen."""

from dataclasses import dataclass

from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class Measured(Record):
    """A figure with its 95 % interval over images; None for bounds that cannot be had."""

    value: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def above(self, bound: float = 0.0) -> bool:
        """Whether the whole interval is above a bound."""
        return self.low is not None and self.low > bound


@dataclass(frozen=True, kw_only=True)
class Shares(Record):
    """How much of what ablation costs comes back: 1 is all, 0 none, below 0 worse than ablation.

    A share is None where the interval of what ablation costs does not exclude zero, and where other
    units than the family are silenced.
    """

    kl: Measured | None
    """1 − KL(intact ‖ variant) / KL(intact ‖ family set to zero)."""
    kl_vs_mean: Measured | None
    """The same against the family held at its mean."""
    loss: Measured | None
    """(loss of zero − loss of the variant) / (loss of zero − loss of intact)."""
    top1: Measured | None
    top5: Measured | None


@dataclass(frozen=True, kw_only=True)
class Score(Record):
    """One edited network on the images; of several draws, their mean."""

    name: str
    draws: int
    top1: float | None
    """Share of labelled images; None without labels."""
    top5: float | None
    loss: float | None
    """Mean of −log p(class)."""
    kl: Measured
    """Mean over images of KL(intact ‖ this), in nats."""
    top1_change: Measured | None
    """Less the intact network's."""
    top5_change: Measured | None
    loss_change: Measured | None
    recovered: Shares
    behind: Measured | None
    """Recovered KL of the transplanted family less that of this one."""


@dataclass(frozen=True, kw_only=True)
class Cause(Record):
    """One of the article's three suspects for what a transplant does not bring back."""

    name: str
    """`grey`, `centring` or `scale`."""
    cost: Measured
    """Share of the KL that natural units lose by this alone."""
    of_gap: Measured | None
    """That share of what the transplanted family does not bring back."""
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ClassChange(Record):
    """One class with enough images: accuracy and KL divergence by variant."""

    index: int
    name: str
    images: int
    top1: dict[str, float]
    top5: dict[str, float]
    kl: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Replaced(Record):
    """A natural unit and what replaced it, by half of the images."""

    unit: str
    orientation: float
    centre: tuple[float, float]
    """Where it is measured to look beside its nominal centre, in pixels right and down."""
    rate: tuple[float, ...]
    """Share of positions where it is above zero."""
    scale: tuple[float, ...]
    offset: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Skipped(Record):
    """An image file that was not evaluated, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Published(Record):
    """The article's own figures for inception5h: top-5 accuracy on 2,000 validation images."""

    images: int = 2000
    intact: float = 0.886
    ablated: float = 0.863
    transplanted: float = 0.876


@dataclass(frozen=True, kw_only=True)
class Transplant(Record):
    """The outcome of `transplant`."""

    SCHEMA = "curvecircuits.transplant/1"

    model: str
    model_hash: str
    weights: str
    layer: str
    family: tuple[Replaced, ...]
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
    calibration: str
    """From which images scales and thresholds were taken, in words."""
    calibration_images: tuple[int, ...]
    seed: int
    scores: tuple[Score, ...]
    causes: tuple[Cause, ...]
    classes: tuple[ClassChange, ...]
    least_per_class: int
    """Images below which nothing is said of a class."""
    published: Published
    notes: tuple[str, ...]
    """What has to be known to read the figures, in plain sentences."""
    versions: dict[str, str]

    def score(self, name: str) -> Score:
        """The score of a variant by its name; KeyError when there is none."""
        return {s.name: s for s in self.scores}[name]
