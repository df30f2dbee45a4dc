import numpy as np
import pytest
import torch
from conftest import SHARED

from curvecircuits.artificial import artificial_network
from curvecircuits.artificial.network import FromGrey
from curvecircuits.catalog import load
from curvecircuits.compare.held_out_shapes import held_out_shapes
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.readings import read_side
from curvecircuits.compare.shape_responses import shape_responses
from curvecircuits.errors import InputError
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves, lines
from curvecircuits.tuning import read_out

AT = (0.0, 90.0, 180.0, 240.0)
COARSE = tuple(15.0 * k for k in range(24))
PLACE = {"tile": 60.0, "size": 96, "centre": (46.5, 46.5)}


def _side(network, channels=(0, 1, 2, 3), layer="3b"):
    return Side(network=network, layer=layer, channels=tuple(channels))


def _drawn(name, orientations=(0.0, 37.0, 90.0, 180.0), **options):
    (shape,) = (s for s in held_out_shapes() if s.name == name)
    return shape.images(orientations, **(PLACE | options))


@pytest.fixture(scope="module")
def same():
    """The artificial family against itself, on everything but what is carried."""
    side = _side(artificial_network(orientations=AT))
    straight = artificial_network(orientations=AT, detector="lines")
    return shape_responses(
        Matched(natural=side, artificial=side, orientations=AT),
        shapes=held_out_shapes(kinds=["line", "angle", "wrong radius", "off centre", "filling"]),
        lines=_side(straight),
        orientations=COARSE,
        tile=60.0,
    )


def test_every_shape_differs_from_its_ground_and_from_all_others():
    seen = {}
    for shape in held_out_shapes():
        images, grounds = shape.images((0.0, 37.0, 90.0, 180.0), **PLACE)
        assert images.shape == grounds.shape
        assert 0 <= images.min() <= images.max() <= 1
        changed = (images - grounds).abs().amax(1)
        assert (changed.flatten(1).sum(1) > 10).all(), shape.name
        inside = changed[:, 17:76, 17:76].sum() / changed.sum()
        assert inside > 0.95, shape.name  # drawn in the tile about the centre, and only there
        seen[shape.name] = images.expand(-1, 3, -1, -1)
    names = list(seen)
    assert len(set(names)) == len(names) == len(held_out_shapes())
    for k, name in enumerate(names):
        for other in names[:k]:
            assert (seen[name] - seen[other]).abs().max() > 0.1, (name, other)


def test_shapes_turn_with_their_orientation():
    for shape in held_out_shapes():
        if shape.kind == "carried":
            continue
        images, _ = shape.images((0.0, 90.0), **PLACE)
        # Clockwise by 90 degrees about the centre, which is the middle of the first 93 pixels.
        turned = torch.rot90(images[0, :, :93, :93], -1, (1, 2))
        assert (turned - images[1, :, :93, :93]).abs().max() < 0.05, shape.name


def test_off_centre_curves_pass_beside_the_centre_within_the_same_tile():
    outwards, _ = _drawn("curve, 1/6 outwards", (0.0,))
    inwards, _ = _drawn("curve, 1/6 inwards", (0.0,))
    columns = [int(image[0, 0, 46].argmin()) for image in (outwards, inwards)]
    assert columns == pytest.approx([56, 36], abs=1)
    inked = (outwards[0, 0] < 0.9).any(1).nonzero()
    assert inked.min() >= 16
    assert inked.max() <= 76
    moved = curves(orientation=0, radius=45, size=96, centre=(56.5, 46.5))
    assert (outwards - moved)[0, 0, 18:75].abs().max() < 0.01


def test_shapes_grow_with_the_tile():
    small, _ = _drawn("line, 1/6 off", (0.0,), tile=30.0)
    wanted = lines(orientation=0, offset=5, width=2, tile=30, size=96, centre=(46.5, 46.5))
    assert (small - wanted).abs().max() < 1e-6


def test_carriers_that_are_random_follow_from_the_seed():
    for name in ("textured stroke", "texture boundary", "shading", "noise"):
        one, again, other = (_drawn(name, seed=seed)[0] for seed in (0, 0, 1))
        assert torch.equal(one, again)
        assert (one - other).abs().max() > 0.05
        images, grounds = _drawn(name)
        far = (images - grounds)[..., :10, :10]
        assert far.abs().max() < 0.05, name  # the ground is the same random one


def test_same_units_agree_and_others_do_not(same):
    found = same.agreement
    np.testing.assert_allclose(found.correlations["artificial"], 1)
    np.testing.assert_allclose(same.unclipped, 1)
    assert same.natural.shape == (4, len(same.shapes), 24)
    assert found.mean("shuffled").high < 0.2
    assert found.lead("lines").above(0.1)
    assert found.mean("template").value > 0.9
    assert found.mean("beside").value < 0.99
    heard = same.natural.clip(min=0).any(2)
    assert 0 < heard.sum() < heard.size
    np.testing.assert_array_equal(np.isfinite(same.each), heard)


def test_responses_are_those_of_the_units_to_the_shapes(same):
    k = next(i for i, s in enumerate(same.shapes) if s.name == "reversed")
    side = same.matched.natural
    place = read_side(side, lambda p: [(torch.ones(1, 1, p.size, p.size),) * 2], tile=60.0).station
    images = curves(
        orientation=COARSE,
        radius=45,
        tile=60,
        ink=1,
        paper=0,
        size=place.size,
        centre=place.centre,
    )
    wanted = read_out(side.network, place, [images]).T.numpy()
    np.testing.assert_allclose(same.natural[:, k], wanted, atol=1e-5)
    # A unit that detects curves answers them where it looks for them.
    peaks = [COARSE[i] for i in same.natural[:, k].argmax(1)]
    assert np.abs((np.array(peaks) - AT + 180) % 360 - 180).max() <= 15


def test_gains_between_shapes_matter_and_gains_of_units_do_not():
    network = artificial_network(orientations=AT)
    louder = artificial_network(orientations=AT)
    with torch.no_grad():
        for part in ("weight", "bias"):
            louder.state[f"mixed3b_pre_relu.{part}"].mul_(7)
    shapes = held_out_shapes(kinds=["filling"])
    both = Matched(natural=_side(network), artificial=_side(louder), orientations=AT)
    found = shape_responses(both, shapes=shapes, orientations=COARSE, tile=60.0)
    assert found.agreement.mean().value == pytest.approx(1, abs=1e-6)
    # With a threshold, shapes that are seen less are not seen at all.
    with torch.no_grad():
        louder.state["mixed3b_pre_relu.bias"].sub_(0.97 * float(found.artificial.max()))
    other = shape_responses(both, shapes=shapes, orientations=COARSE, tile=60.0)
    assert other.natural.max(2).min() > 0 >= other.artificial.max(2).min()
    assert other.agreement.mean().high < 0.95


def test_networks_of_another_scale_are_shown_larger_shapes():
    network = artificial_network(orientations=AT[:2])
    doubled = torch.nn.Sequential(torch.nn.AvgPool2d(2), network.module)
    large = wrap(doubled, name="large", input_size=224, preprocess=FromGrey())
    both = Matched(
        natural=_side(network, (0, 1)),
        artificial=_side(large, (0, 1), "1.mixed3b"),
        orientations=AT[:2],
    )
    shapes = held_out_shapes(kinds=["filling", "off centre"])
    found = [
        shape_responses(both, shapes=shapes, orientations=COARSE, tile=60.0, scale=scale)
        for scale in (2.0, 1.0)
    ]
    right, wrong = (f.agreement.mean().value for f in found)
    assert right > 0.9
    assert wrong < right - 0.05


def test_linear_layers_are_read_against_each_ground():
    first = artificial_network(orientations=AT[:1])
    network = wrap(
        torch.nn.Sequential(first.module, torch.nn.Conv2d(1, 1, 1)), name="linear", input_size=96
    )
    with torch.no_grad():
        network.state["1.weight"].fill_(1)
        network.state["1.bias"].fill_(3)
    both = Matched(
        natural=_side(network, (0,), "1"), artificial=_side(first, (0,)), orientations=AT[:1]
    )
    shapes = held_out_shapes(kinds=["filling"])
    found = shape_responses(both, shapes=shapes, orientations=COARSE, tile=60.0)
    # Nothing is heard of a ground without a shape, black or white.
    np.testing.assert_allclose(found.natural, found.artificial.clip(min=0), atol=1e-5)
    assert found.natural.max() > 0


def test_correlation_over_some_kinds(same):
    assert same.kinds == ("line", "angle", "wrong radius", "off centre", "filling")
    assert same.over(["filling", "angle"]).value == pytest.approx(1)
    with pytest.raises(InputError, match="'carried' was shown: choose line"):
        same.over(["carried"])


def test_what_cannot_be_compared_is_refused(same):
    with pytest.raises(InputError, match="at least one shape"):
        shape_responses(same.matched, shapes=())
    with pytest.raises(InputError, match="round the circle"):
        shape_responses(same.matched, orientations=COARSE[:12])
    with pytest.raises(InputError, match="cannot stand in"):
        shape_responses(same.matched, lines=_side(same.matched.natural.network, (0,)))
    with pytest.raises(InputError, match="kind 'spirals': choose line, angle"):
        held_out_shapes(kinds=["spirals"])


@pytest.mark.shared
def test_googlenet_and_the_artificial_network():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    at = (0.5, 95.5, 180.5, 266.0)
    found = shape_responses(
        Matched(
            natural=_side(network, (358, 386, 413, 398)),
            artificial=_side(artificial_network(orientations=at)),
            orientations=at,
        ),
        lines=_side(artificial_network(orientations=at, detector="lines")),
        orientations=COARSE,
        tile=60.0,
    )
    assert found.agreement.mean().low > 0.5
    assert found.agreement.lead("lines").above(0.1)
    assert found.agreement.mean("shuffled").high < 0.1
    assert found.agreement.mean("template").value > found.agreement.mean("others").value > 0.5
    assert found.over(["off centre", "filling"]).value > found.over(["S-curve"]).value
    assert 0 < found.unclipped.mean() < 1
