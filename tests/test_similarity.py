"""Weights between families: by orientation, along the arc, and in the strongest connections."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import written

from bars import circuits as bars
from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.along_arc import along_arc
from curvecircuits.circuits.chance import against_chance, exchanged, mean_of
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.kernels import Kernels, along, arcs, kernels, likeness, turned
from curvecircuits.circuits.motif import tangent_motif
from curvecircuits.circuits.similarity import similarity
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.address import Unit
from curvecircuits.weights import ExpandedWeights, expanded_weights

FEW = 40
RADIUS = float(Constants().curve_radius)
"""Of the circle along which the curves of the artificial network are written."""


def around(count, *, name="curve", layer="3b", period=360):
    return Family(
        name=name,
        layer=layer,
        channels=tuple(range(count)),
        orientations=tuple(period / count * k for k in range(count)),
        period=period,
    )


def in_disorder(family, seed=3):
    """The family with its orientations dealt out anew: labels that mean nothing."""
    return next(exchanged(family, count=20, seed=seed))


def as_weights(values, targets, sources, *, pitch=8):
    """Expanded weights (targets, sources, h, w) between two whole layers."""
    half = [(n - 1) / 2 for n in values.shape[2:]]
    return ExpandedWeights(
        source=sources.layer,
        units=targets.units,
        values=torch.from_numpy(np.ascontiguousarray(values)),
        origin=(0, 0),
        stride=(1, 1),
        pitch=pitch,
        offset=(-half[0] * pitch, -half[1] * pitch),
    )


def blank(targets, sources, *, size=5, values=None):
    zeros = np.zeros((len(targets), len(sources), size, size))
    return kernels(
        as_weights(zeros if values is None else values, targets, sources), targets, sources
    )


@pytest.fixture(scope="module")
def artificial():
    """The artificial network's curves, early curves and the weights between."""
    network, curves, early = bars.artificial_families()
    return network, curves, early, expanded_weights(network, "3a", units=curves.units)


# -- kernels -----------------------------------------------------------------------------------


def test_kernels_are_of_the_units_with_orientations_and_in_their_order():
    values = np.arange(3 * 4.0).reshape(3, 4, 1, 1) * np.ones((1, 1, 3, 3))
    targets = Family(
        name="curve",
        layer="b",
        channels=(0, 1, 2),
        orientations=(200, float("nan"), 10),
        period=360,
    )
    sources = Family(name="line", layer="a", channels=(3, 1), orientations=(20.0, 5.0), period=180)
    found = kernels(as_weights(values, targets, around(4, layer="a")), targets, sources)
    assert found.targets.channels == (2, 0)
    assert found.sources.channels == (1, 3)
    assert found.values[:, :, 0, 0].tolist() == [[9, 11], [1, 3]]
    assert found.period == 180
    np.testing.assert_allclose(found.relative, [[-5, 10], [-15, 0]])


def test_what_does_not_belong_together_is_refused():
    curves, early = around(3), around(4, layer="3a")
    weights = as_weights(np.zeros((3, 4, 5, 5)), curves, early)
    with pytest.raises(InputError, match="not of curve 3"):
        kernels(weights, around(4), early)
    with pytest.raises(InputError, match="no curve 4"):
        kernels(weights, curves, around(5, layer="3a"))
    with pytest.raises(InputError, match="no orientations"):
        kernels(weights, curves, replace(early, period=0))
    with pytest.raises(InputError, match="one position"):
        arcs(blank(curves, early, size=1), radius=40)
    with pytest.raises(InputError, match="above 0"):
        arcs(blank(curves, early), radius=0)
    with pytest.raises(InputError, match="20 permutations"):
        similarity(weights, curves, early, permutations=5)
    with pytest.raises(InputError, match="inside and an outside"):
        along_arc(weights, curves, replace(early, period=180), radius=60)
    with pytest.raises(InputError, match="ask for 1 to 2"):
        tangent_motif(weights, curves, early, strongest=3)


def test_an_arc_bends_away_from_its_orientation():
    """')' has its ends left of its middle, and a line has none of that."""
    (bent,) = arcs(blank(around(1), around(1, layer="3a"), size=7), radius=40)
    centre = (bent * np.arange(-3, 4)).sum(1) / bent.sum(1)
    assert centre[3] > centre[[0, 6]].max() + 0.3
    np.testing.assert_allclose(centre, centre[::-1])
    (straight,) = arcs(blank(around(1), around(1, layer="3a"), size=7), radius=float("inf"))
    np.testing.assert_allclose(
        straight, np.exp(-2 * np.arange(-3.0, 4) ** 2)[None].repeat(7, 0), atol=1e-3
    )


def test_places_along_an_arc_lie_on_its_circle():
    """Bilinear sampling is exact on a plane, so weights that are a plane say where it was."""
    curves, early = around(5), around(2, layer="3a")
    found = blank(curves, early, size=9)
    down, right = found.places
    planes = np.stack([right + 0 * down, down + 0 * right])
    found = replace(found, values=np.broadcast_to(planes, found.values.shape))
    steps = np.array([-20.0, -8, 0, 8, 20])
    for radius, beside in ((30.0, 0.0), (30.0, 8.0), (66.0, -8.0)):
        x, y = np.moveaxis(along(found, radius=radius, steps=steps, beside=beside), 1, 0)
        angle = np.radians(curves.orientations)[:, None]
        middle = (x + radius * np.cos(angle), y + radius * np.sin(angle))
        np.testing.assert_allclose(np.hypot(*middle), radius + beside, rtol=1e-9)
        turn = np.degrees(np.arctan2(middle[1], middle[0]) - angle)
        np.testing.assert_allclose(
            (turn + 180) % 360 - 180, np.degrees(steps / radius)[None].repeat(5, 0), atol=1e-9
        )


def test_kernels_of_one_shape_turn_into_one_kernel():
    found = blank(around(8), around(1, layer="3a"), size=9)
    found = replace(found, values=arcs(found, radius=40, width=1.2)[:, None])
    frames = turned(found)[:, 0, 2:7, 2:7]
    assert np.abs(frames - frames[0]).max() < 0.12
    assert np.abs(found.values[:, 0, 2:7, 2:7] - frames[0]).max() > 0.5


def test_likeness_is_a_correlation_and_flat_kernels_have_none():
    found = blank(around(3), around(2, layer="3a"))
    shapes = arcs(found, radius=50)
    values = np.stack([3 * shapes + 1, np.ones_like(shapes)], 1)
    alike = likeness(values, shapes)
    np.testing.assert_allclose(alike[:, 0], 1)
    assert np.isnan(alike[:, 1]).all()
    np.testing.assert_allclose(likeness(-values, shapes)[:, 0], -1)


# -- chance ------------------------------------------------------------------------------------


def test_a_measurement_holds_only_beyond_chance_and_off_its_reference():
    measured = Interval(value=2.0, low=1.0, high=3.0, units=9)
    assert against_chance(measured, [0.0] * 40).holds
    assert not against_chance(measured, [0.0] * 36 + [2.5] * 4).holds
    assert not against_chance(measured, [0.0] * 40, reference=1.5).holds
    assert not against_chance(measured, [9.0] * 40, side="below").holds
    assert against_chance(measured, [9.0] * 40, side="below", reference=4).holds
    assert against_chance(measured, [float("nan")] * 9 + [0.0]).null == (0.0,)
    assert np.isnan(mean_of(np.ones(3), np.zeros(3, dtype=bool)))


def test_exchanged_orientations_are_the_same_ones():
    family = around(9)
    others = list(exchanged(family, count=20, seed=1))
    assert all(sorted(o.orientations) == list(family.orientations) for o in others)
    assert len({o.orientations for o in others}) > 15
    assert others == list(exchanged(family, count=20, seed=1))


# -- by orientation ----------------------------------------------------------------------------


def test_weights_fall_with_relative_orientation_as_they_were_written(artificial):
    _, curves, early, weights = artificial
    found = similarity(weights, curves, early, permutations=FEW)
    assert found.sums.shape == (24, 24)
    np.testing.assert_allclose(found.sums, found.positive + found.negative)
    assert (found.sums.argmax(1) == np.arange(24)).all()
    assert [(b.low, b.high) for b in found.bands] == [(30.0 * k, 30.0 * k + 30) for k in range(6)]
    assert sum(b.pairs for b in found.bands) == 24 * 24
    means = [b.mean.value for b in found.bands]
    assert means == sorted(means, reverse=True)
    assert found.fall.holds
    assert found.bands[-1].mean.below()
    assert found.smoothness.holds
    assert found.pairs[3].target == Unit("3b", 3)
    assert found.pairs[3].similar == Unit("3a", 3)
    assert found.pairs[3].opposing == Unit("3a", 15)
    assert found.pairs[3].similar_sum > 0 > found.pairs[3].opposing_sum


def test_nothing_falls_where_labels_mean_nothing(artificial):
    _, curves, early, weights = artificial
    found = similarity(weights, curves, in_disorder(early), permutations=FEW)
    assert not found.fall.holds
    assert not found.smoothness.holds
    assert not found.bands[0].mean.above()


def test_the_opposite_is_none_where_no_source_opposes():
    curves = around(4)
    early = Family(
        name="early", layer="3a", channels=(0, 1, 2), orientations=(0, 10, 20), period=360
    )
    values = np.random.default_rng(0).normal(size=(4, 3, 3, 3))
    found = similarity(as_weights(values, curves, early), curves, early, permutations=20)
    assert found.pairs[0].opposing is None
    assert np.isnan(found.pairs[0].opposing_sum)
    assert found.pairs[0].similar == Unit("3a", 0)
    assert found.bands[2].pairs == 2
    assert np.isnan(found.bands[5].mean.low) == (found.bands[5].pairs == 0)


def test_lines_have_bands_up_to_a_right_angle(artificial):
    network, curves, _, _ = artificial
    lines = written("3a", "line")
    weights = expanded_weights(network, "3a", units=curves.units)
    found = similarity(weights, curves, lines, permutations=FEW)
    assert [(b.low, b.high) for b in found.bands] == [(0, 30), (30, 60), (60, 90)]
    assert found.fall.holds


# -- along the arc -----------------------------------------------------------------------------


def test_weights_follow_the_arc_they_were_written_along(artificial):
    _, curves, early, weights = artificial
    found = along_arc(weights, curves, early, radius=RADIUS, permutations=FEW)
    assert found.steps == (-16, -8, 0, 8, 16)
    assert found.similar.holds
    assert found.opposing.holds
    assert all(step.above() for step in found.similar_steps)
    assert all(step.below() for step in found.opposing_steps)
    assert abs(found.flank.value) < 0.1
    assert found.similar_profile.argmax(0).tolist() == [2] * 5  # on the arc, at every place
    assert found.slope.holds
    assert found.slope.measured.value == pytest.approx(1, abs=0.1)
    assert found.tracking.holds


def test_weights_of_the_same_kind_everywhere_do_not_turn_with_the_arc(artificial):
    """The preferred orientation is the target's own in every cell."""
    _, curves, early, weights = artificial
    found = kernels(weights, curves, early)
    noise = np.random.default_rng(0).normal(size=found.values.shape)
    alike = np.cos(np.radians(found.relative))[:, :, None, None]
    values = alike * arcs(found, radius=RADIUS)[:, None] + 0.02 * noise
    flat = along_arc(
        as_weights(values, curves, early), curves, early, radius=RADIUS, permutations=FEW
    )
    assert flat.similar.holds
    assert abs(flat.slope.measured.value) < 0.2
    assert not flat.slope.holds
    assert not flat.tracking.holds


def test_no_arc_is_followed_where_labels_mean_nothing(artificial):
    _, curves, early, weights = artificial
    found = along_arc(weights, curves, in_disorder(early), radius=RADIUS, permutations=FEW)
    assert not found.similar.holds
    assert not found.tracking.holds


# -- the strongest connections -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "sources", "radius"),
    [
        (written("conv2d2", "line"), written("conv2d1", "complex Gabor"), float("inf")),
        (written("3a", "early curve"), written("conv2d2", "line"), Constants().early_radius),
        (written("3b", "curve"), written("3a", "early curve"), RADIUS),
    ],
    ids=lambda x: x.layer if isinstance(x, Family) else "",
)
def test_every_layer_tiles_shapes_along_the_tangent(targets, sources, radius):
    weights = expanded_weights(artificial_network(), sources.layer, units=targets.units)
    few = max(1, len(sources) // 8)  # all within some 15° where orientations are evenly spaced
    found = tangent_motif(weights, targets, sources, strongest=few, radius=radius, permutations=FEW)
    assert found.positive_apart.holds
    assert found.positive_apart.measured.value <= 15
    assert found.negative_apart.holds
    assert found.positive_likeness.holds
    assert found.negative_likeness.measured.below()
    assert found.strongest_positive.shape == (len(targets), few)
    columns = found.positive_kernel.sum(0)
    assert columns.argmax() == len(columns) // 2  # upright in the target's frame


def test_no_motif_where_the_frames_are_not_the_targets_own(artificial):
    _, curves, early, weights = artificial
    motifs = [
        tangent_motif(weights, in_disorder(curves, seed), early, radius=RADIUS, permutations=FEW)
        for seed in range(8)
    ]
    # One in twenty holds by chance.
    for name in ("positive_apart", "negative_apart", "positive_likeness"):
        assert sum(getattr(found, name).holds for found in motifs) <= 2


def test_no_motif_in_noise():
    curves, early = around(12), around(12, layer="3a")
    values = np.random.default_rng(5).normal(size=(12, 12, 5, 5))
    found = tangent_motif(as_weights(values, curves, early), curves, early, permutations=FEW)
    assert not (found.positive_likeness.holds and found.negative_likeness.holds)
    assert not found.positive_apart.holds


def test_a_kernels_object_counts_whole_cells():
    found = blank(around(1), around(1), size=5)
    assert found.reach == 2
    assert replace(found, offset=(-12.0, -16.0)).reach == 1
    assert isinstance(found, Kernels)
