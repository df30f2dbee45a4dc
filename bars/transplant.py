"""Bars on transplants: what comes back, what it costs, and that nothing is lost on the way."""

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bars import SHARED, Outcome, bar
from bars.comparison import natural
from bars.timing import alternating
from benchmarks.contenders.plain import plain_module
from curvecircuits.compare import Transplant, transplant
from curvecircuits.compare.transplants.calibration import calibrate, halves_of
from curvecircuits.compare.transplants.candidates import CONTROLS, candidates_for
from curvecircuits.compare.transplants.evaluation import Evaluation
from curvecircuits.compare.transplants.place import Place
from curvecircuits.compare.transplants.records import Score
from curvecircuits.compare.transplants.variants import plan
from curvecircuits.families import find_curves
from curvecircuits.images import framing_for, load_batch, open_images
from curvecircuits.models.network import Network

IMAGES = SHARED / "imagenet" / "images"
_SPEED_BATCH = 32


def googlenet_transplant(**options: Any) -> Transplant:
    """GoogLeNet's family, the layer not named, on the reference images, in two halves."""
    network, family = natural()
    return transplant(network, family, IMAGES, **options)


def _shown(found: Any) -> str:
    return "none" if found is None else f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _best(result: Transplant) -> Score:
    """The control that comes closest."""
    behind = {s.name: s.behind.value for s in result.scores if s.behind and s.name in CONTROLS}
    return result.score(min(behind, key=lambda name: behind[name]))


def _all(result: Transplant) -> str:
    return "; ".join(f"{s.name} {s.kl.value:.4f}, {_shown(s.recovered.kl)}" for s in result.scores)


@cache
def _googlenet(quick: bool) -> Transplant:
    return googlenet_transplant(**({"limit": 60, "random": 2} if quick else {}))


@bar(number="4.1", title="KL that the hand-written family brings back", needs_shared=True)
def transplant_recovers(quick: bool) -> Outcome:
    found = _googlenet(quick).score("transplanted").recovered
    assert found.kl is not None
    assert found.kl_vs_mean is not None
    return Outcome(
        value=f"{_shown(found.kl)}, against the mean {_shown(found.kl_vs_mean)}",
        bound="≥ 0.75 and ≥ 0.65",
        ok=found.kl.value >= 0.75 and found.kl_vs_mean.value >= 0.65,
        detail=_all(_googlenet(quick)),
    )


@bar(number="4.1", title="Its lead over the best control", needs_shared=True)
def transplant_beats_controls(quick: bool) -> Outcome:
    best = _best(_googlenet(quick))
    assert best.behind is not None
    return Outcome(
        value=f"{_shown(best.behind)} over {best.name}",
        bound="≥ 0.25, interval above 0.10",
        ok=best.behind.value >= 0.25 and best.behind.above(0.1),
        detail=_all(_googlenet(quick)),
    )


@bar(number="4.2", title="The same in EfficientNet-Lite0", needs_shared=True)
def transplant_lite0(quick: bool) -> Outcome:
    """Reported: above zero, or that it is not."""
    from curvecircuits.catalog import load

    network = load("efficientnet_lite0")
    family = find_curves(network, layer="block9.expand" if quick else None, permutations=1)
    options: dict[str, Any] = {"limit": 60, "random": 2} if quick else {}
    result = transplant(network, family, IMAGES, **options)
    found = result.score("transplanted").recovered.kl
    best = _best(result)
    return Outcome(
        value=f"{_shown(found)}; {_shown(best.behind)} over {best.name}",
        bound="reported",
        ok=None,
        detail=_all(result),
    )


# -- what it costs -----------------------------------------------------------------------------


def _job(network: Network, pixels: Tensor) -> tuple[Evaluation, Place]:
    """Intact, ablated, 3 random, shuffled and transplanted, on the first images."""
    _, family = natural()
    images, framing = open_images(IMAGES), framing_for(network)
    candidates = candidates_for(network, family, sets=("shuffled",), shuffles=1)
    assert family.layer is not None
    place = Place(network, family.layer, [u.channel for u in family.units])
    calibration = calibrate(place, candidates, images, indices=halves_of(32), framing=framing)
    wanted = ("intact", "ablated", "random", "shuffled", "transplanted")
    variants = tuple(
        v for v in plan(place, calibration, candidates.names, random=3) if v.group in wanted
    )
    job = Evaluation(
        network=network,
        layer=place.layer,
        channels=place.channels,
        candidates=candidates,
        calibration=calibration,
        variants=variants,
        images=images,
        indices=np.arange(len(pixels)),
        labels=np.zeros(len(pixels), dtype=np.int64),
        framing=framing,
        batch=len(pixels),
    )
    return job, place


@bar(number="4.3", title="Seven variants against one pass, ours and a plain one", needs_shared=True)
def transplant_cost(quick: bool) -> Outcome:
    network, _ = natural()
    images = open_images(IMAGES)
    pixels = load_batch(images, [*range(_SPEED_BATCH)], framing=framing_for(network)).pixels
    job, _ = _job(network, pixels)
    worker, halves = job.open(), torch.arange(_SPEED_BATCH) % 2
    plain = plain_module(network)
    prepare = network.prepare
    logits = str(network.logits)
    with torch.inference_mode():
        given = prepare(pixels).contiguous()
        own = network.run(pixels, layers=[logits])[logits].softmax(1)
        assert torch.allclose(plain(given), own, atol=1e-4)
        seconds = alternating(
            {
                "variants": lambda: worker.scored(pixels, halves),
                "intact": lambda: network.run(pixels, layers=[logits]),
                "plain": lambda: plain(prepare(pixels).contiguous()),
            },
            rounds=3 if quick else 11,
        )
    against = {n: np.array(seconds["variants"]) / seconds[n] for n in ("intact", "plain")}
    ours, theirs = (float(np.median(r)) for r in against.values())
    low, high = (np.percentile(against["intact"], p) for p in (10, 90))
    each = {n: 1000 * float(np.median(s)) / _SPEED_BATCH for n, s in seconds.items()}
    return Outcome(
        value=f"{len(job.variants)} variants: {ours:.2f}× ours, {theirs:.2f}× plain",
        bound="7, ≤ 3.2×, ≤ 1.3×",
        ok=len(job.variants) == 7 and ours <= 3.2 and theirs <= 1.3,
        detail=f"ms an image {each}; over rounds {low:.2f}–{high:.2f}",
    )
