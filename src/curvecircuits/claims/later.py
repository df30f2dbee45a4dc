"""Claims on cosmetic robustness, and on what the next layer makes of curves."""

import numpy as np

from curvecircuits.circuits.branches import branch_shares, branches
from curvecircuits.circuits.intervals import resampled
from curvecircuits.circuits.robustness import more_robust
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.groups import weight_of
from curvecircuits.claims.verdict import Claim, Finding, exact, judged
from curvecircuits.families.criteria import Criteria, judge

_ROBUST = "Cosmetic robustness"
_DOWN = "Downstream"


def _robust(e: Evidence) -> Finding:
    found = e.robustness(e.curves)
    note = f"Tuning of other units of the family: {found.across.value:+.2f}."
    return judged(found.overall(), low=0.5, note=note)


def _grows(e: Evidence) -> Finding:
    own, earlier = e.robustness(e.curves), e.robustness(e.early)
    found = more_robust(own, earlier, seed=e.seed)
    told = f"{e.before} {earlier.overall().value:.2f}, {e.curves.layer} {own.overall().value:.2f}."
    verdict = judged(found, low=0, note=told)
    if verdict.holds and own.overall().low <= own.across.high:
        return Finding(interval=found, holds=None, note=f"{told} No more than other units' tuning.")
    return verdict


def _texture_inputs(e: Evidence) -> Finding:
    """What removing texture and colour costs, beyond what removing as many others does."""
    removed = e.family(1, "texture", "colour contrast", least=1)
    whole = e.robustness(e.curves)
    without = e.robustness(e.curves, without=removed.channels)
    labels = e.taxonomy.of(e.before)
    others = [x.channel for x in labels if x.channel not in removed.channels]
    generator = np.random.default_rng(e.seed)
    drawn = generator.choice(others, min(len(removed), len(others)), replace=False)
    control = e.robustness(e.curves, without=tuple(int(c) for c in np.sort(drawn)))
    note = (
        f"{len(removed)} inputs removed: {more_robust(whole, without).value:+.3f}; as many others: "
        f"{more_robust(whole, control).value:+.3f}."
    )
    found = judged(more_robust(control, without, seed=e.seed), low=0, note=note)
    if found.holds and not more_robust(whole, without, seed=e.seed).above():
        return Finding(interval=found.interval, holds=None, note=note)
    return found


def _texture_share(e: Evidence) -> Finding:
    return weight_of(e, 1, e.family(1, "texture", least=1))


def _built(e: Evidence) -> Finding:
    found = e.downstream
    shaped = sum(u.shape is not None for u in found.units)
    told = ", ".join(f"{n} {name}" for name, n in found.counts.items() if n)
    chance = max(found.counts_chance, 1.0)
    note = f"{shaped} units ({told}) against {found.counts_chance:.1f} by chance."
    return judged(exact(shaped / chance), low=2, note=note)


def _drawn(e: Evidence) -> Finding:
    if not any(u.shape for u in e.downstream.units):
        return Finding(interval=exact(0), holds=False, note="No unit was given a shape.")
    found = e.drawn
    note = f"Mean place {found.place.value:.1f}, by chance {found.place_chance:.1f}."
    return judged(found.first, low=1 / 6, note=note)


def _repeats(e: Evidence) -> Finding:
    """Shapes that units of more than one branch build, less what shuffled branches give."""
    spans = branches(e.network, e.after)
    if len(spans) < 2:
        raise NotTestableError(f"{e.after} has no branches.")
    of = {c: name for name, span in spans.items() for c in span}
    shaped = [(u.channel, u.shape) for u in e.downstream.units if u.shape]
    shapes = {s for _, s in shaped}
    if len(shaped) < 4:
        return Finding(
            interval=exact(0), holds=False, note=f"{len(shaped)} units of {e.after} have a shape."
        )

    def repeated(pairs: list[tuple[str, str]]) -> int:
        return sum(len({b for b, s in pairs if s == shape}) > 1 for shape in shapes)

    count = repeated([(of[c], str(s)) for c, s in shaped])
    where = "; ".join(
        f"{shape}: {', '.join(sorted({of[c] for c, s in shaped if s == shape}))}"
        for shape in sorted(map(str, shapes))
    )
    return judged(exact(count), low=2, note=f"{where}.")


def _curves_branch(e: Evidence) -> Finding:
    """Curve units of the next layer in the branch that has most of them beyond its size."""
    judgements = judge(e.tuning(e.after), Criteria(strength=0.25, echo=0.3))
    chosen = [j.channel for j in judgements if j.kind == "curve"]
    if len(chosen) < 4:
        raise NotTestableError(f"{e.after} has {len(chosen)} curve units.")
    shares = branch_shares(e.network, e.after, chosen)
    if len(shares) < 2:
        raise NotTestableError(f"{e.after} has no branches.")
    best = min(shares, key=lambda s: s.chance)
    told = ", ".join(f"{s.branch} {s.units}" for s in shares if s.units)
    inside = np.array([c in set(_span(e, best.branch)) for c in chosen], dtype=float)
    note = f"{told}; {best.branch} has {best.size} channels, chance {best.chance:.3f}."
    found = judged(resampled(inside, seed=e.seed), low=0.5, note=note)
    if found.holds and best.chance > 0.05:
        return Finding(interval=found.interval, holds=None, note=note)
    return found


def _span(e: Evidence, branch: str) -> range:
    return branches(e.network, e.after)[branch]


CLAIMS = (
    Claim(
        id="curves-are-robust",
        section=_ROBUST,
        statement="Curve detectors behave alike across textures, lighting and colours.",
        quantity="correlation of radial tuning with that under plain ink",
        criterion="above 0.5",
        how="Carriers: reversed, textured stroke and boundary, shading, noise, equal luminance.",
        figure="robustness",
        measure=_robust,
    ),
    Claim(
        id="robustness-grows",
        section=_ROBUST,
        statement="Curves strengthen the robustness that they inherit from early curves.",
        quantity="mean correlation of the curves less that of the early curves",
        criterion="above 0, and above the tuning of other units",
        how="As before, of both families in their own tiles.",
        figure="robustness",
        measure=_grows,
    ),
    Claim(
        id="texture-inputs",
        section=_ROBUST,
        statement="Curve detectors incorporate a family of texture units.",
        published="65 units of 3a",
        quantity="mean magnitude of the weights on texture units over that on all inputs",
        criterion="above 1, beyond units drawn at random",
        how="Expanded weights on the layer before, Σ|w| over all positions.",
        figure="texture-factors",
        measure=_texture_share,
    ),
    Claim(
        id="texture-inputs-strengthen",
        section=_ROBUST,
        statement="Inputs from texture and colour families make curves more robust.",
        quantity="mean correlation without as many random inputs less that without these",
        criterion="above 0",
        how="The inputs are removed from the curve units alone, in the real network.",
        figure="robustness",
        measure=_texture_inputs,
    ),
    Claim(
        id="shapes-downstream",
        section=_DOWN,
        statement="The next layer builds circles, S-shapes, spirals, divots and evolutes.",
        published="7 shapes in 4a",
        quantity="units with a shape, as a multiple of what exchanged orientations give",
        criterion="at least 2",
        how="Arrangement of each unit's weights from the curves, against templates.",
        figure="downstream",
        measure=_built,
    ),
    Claim(
        id="shapes-drawn",
        section=_DOWN,
        statement="Those units respond to the shape that their weights arrange.",
        quantity="share of the units whose best drawn shape is the one predicted",
        criterion="above 1/6",
        how="Six shapes drawn in many sizes and turns.",
        figure="downstream",
        measure=_drawn,
    ),
    Claim(
        id="shapes-across-branches",
        section=_DOWN,
        statement="The same shapes reappear in different branches.",
        published="3×3 and 5×5 branches of 4a",
        quantity="shapes that units of two or more branches build",
        criterion="at least 2",
        how="Branch of every unit with a shape, from the network's graph.",
        figure="downstream",
        measure=_repeats,
    ),
    Claim(
        id="later-curves-one-branch",
        section=_DOWN,
        statement="The next layer's curve detectors are mostly in one branch.",
        published="the 5×5 branch of 4a",
        quantity="share of its curve units in the branch least likely by chance",
        criterion="above 0.5, chance at most 0.05",
        how="Criteria of the search at a quarter of the layer's strong units.",
        figure="downstream",
        measure=_curves_branch,
    ),
)
