import numpy as np
import pytest
import torch
from conftest import SHARED
from networks import noise, planted
from PIL import Image
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.compare.disagreement import crops, disagreements
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_figures import FIGURES, image_draws
from curvecircuits.compare.photo_maps import PhotoMaps, photo_maps
from curvecircuits.compare.photo_pairs import paired_figures
from curvecircuits.compare.photographs import maps_agreement, photograph_agreement
from curvecircuits.errors import InputError
from curvecircuits.images import Framing
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid

AROUND = (0.0, 90.0, 180.0, 270.0)


def _reader(kernel, stride, *, weight=None, relu=False):
    """Means of the red channel over windows."""
    conv = nn.Conv2d(3, 1, kernel, stride, bias=False)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, 0] = (weight or 1) / kernel**2
    return wrap(nn.Sequential(conv, *([nn.ReLU()] if relu else [])), input_size=32)


def _pair(one, other, *, layer="0", units=1):
    sides = [Side(network=n, layer=layer, channels=tuple(range(units))) for n in (one, other)]
    around = tuple(360.0 * k / units for k in range(units))
    return Matched(natural=sides[0], artificial=sides[1], orientations=around)


def _maps(natural, artificial, *, orientations=None, lines=None, size=None):
    """Maps made by hand: only their number of units is taken from a network."""
    units = len(natural)
    network = planted(list(range(units)), others=0)
    pair = _pair(network, network, layer="3", units=units)
    if orientations:
        pair = Matched(natural=pair.natural, artificial=pair.artificial, orientations=orientations)
    rows, columns = natural.shape[2:]
    return PhotoMaps(
        matched=pair,
        natural=natural.astype(np.float32),
        artificial=artificial.astype(np.float32),
        lines=lines,
        rows=tuple(6.0 + 8 * k for k in range(rows)),
        columns=tuple(6.0 + 8 * k for k in range(columns)),
        size=size or (8 * rows, 8 * columns),
        framing=None,
        paths=(None,) * natural.shape[1],
    )


def _drawn(size=96):
    grid = CurveGrid(
        orientations=tuple(15.0 * k for k in range(24)), radii=(14, 18, 24), tile=48, width=2
    )
    return [images.expand(-1, 3, -1, -1) for _, images in grid.batches(size=size, chunk=18)]


# -- figures -----------------------------------------------------------------------------------


def _in_top(values, share):
    """How far each value is in the top, by counting for each what is above and beside it."""
    room = share * values.size
    above = (values[None, :] > values[:, None]).sum(1)
    beside = (values[None, :] == values[:, None]).sum(1)
    return np.clip((room - above) / beside, 0, 1)


def _by_counting(reference, score, share):
    reference, score = reference.ravel(), score.ravel()
    top, said = _in_top(reference, share), _in_top(score, share)
    wins = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
    area = (top[:, None] * (1 - top)[None, :] * wins).sum() / (top.sum() * (1 - top).sum())
    clipped = np.corrcoef(np.maximum(reference, 0), np.maximum(score, 0))[0, 1]
    plain = np.corrcoef(reference, score)[0, 1]
    return [area, (top * said).sum() / said.sum(), clipped, plain]


@pytest.mark.parametrize("steps", [2, 1000])
def test_figures_are_those_of_counting_also_where_values_are_equal(steps):
    generator = np.random.default_rng(1)
    reference = generator.normal(size=(2, 6, 9, 11))
    score = 0.6 * reference + generator.normal(size=reference.shape)
    reference, score = ((steps * m).round().astype(np.float32) for m in (reference, score))
    found = paired_figures(
        reference, score, partners=[[0], [1]], weights=image_draws(6), share=0.034
    )
    for unit in (0, 1):
        expected = _by_counting(reference[unit], score[unit], 0.034)
        np.testing.assert_allclose(found.values[unit], expected, rtol=1e-5)


def test_a_unit_that_says_nothing_agrees_as_chance_does():
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(1, 20, 10, 10)).astype(np.float32)
    silent = np.full_like(maps, -0.3)
    weights = image_draws(20)
    found = paired_figures(maps, silent, partners=[[0]], weights=weights, share=0.05)
    np.testing.assert_allclose(found.values[0], [0.5, 0.05, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found.draws[:, 0, 0], 0.5, atol=1e-5)
    assert (found.draws[:, 0, 1] < 0.15).all()  # the top of each draw is any of its positions
    assert (found.draws[:, 0, 2:] == 0).all()


def test_figures_of_several_partners_are_their_mean_and_of_none_are_missing():
    maps = np.random.default_rng(0).normal(size=(3, 12, 8, 8)).astype(np.float32)
    weights = image_draws(12, draws=30)

    def values(partners):
        return paired_figures(maps, maps, partners=partners, weights=weights)

    both = values([[1, 2], [], [2]])
    alone = [values([[k], [], []]) for k in (1, 2)]
    np.testing.assert_allclose(both.values[0], np.mean([a.values[0] for a in alone], 0))
    np.testing.assert_allclose(both.draws[:, 0], np.mean([a.draws[:, 0] for a in alone], 0))
    assert np.isnan(both.values[1]).all()
    kept = both.estimate("auroc")
    assert kept.units.units == 2
    assert kept.value == pytest.approx(both.of("auroc")[[0, 2]].mean())


def _sampled(seed, images=60):
    """Images in which a unit is strong or weak as a whole, and a noisy prediction of it."""
    generator = np.random.default_rng(seed)
    gain = generator.gamma(0.7, size=(1, images, 1, 1))
    signal = gain * generator.normal(size=(1, images, 8, 8))
    score = signal + generator.normal(size=signal.shape)
    return signal.astype(np.float32), score.astype(np.float32)


def test_intervals_over_images_are_as_wide_as_figures_of_other_images_spread():
    weights = image_draws(60, draws=300)
    found = [
        paired_figures(*_sampled(s), partners=[[0]], weights=weights, share=0.05) for s in range(80)
    ]
    spread = np.std([f.values[0] for f in found], axis=0)
    claimed = np.mean([f.draws[:, 0].std(0) for f in found], axis=0)
    assert (claimed > 0.7 * spread).all()
    assert (claimed < 1.4 * spread).all()


def test_draws_give_the_figures_of_images_that_occur_as_often():
    reference, score = _sampled(3, images=24)
    found = paired_figures(
        reference, score, partners=[[0]], weights=image_draws(24, draws=10), share=0.1
    )
    for draw, counts in zip(found.draws, image_draws(24, draws=10), strict=True):
        which = np.repeat(np.arange(24), counts.astype(int))
        expected = _by_counting(reference[0, which], score[0, which], 0.1)
        # Images that occur twice have equal values, of which a draw takes one or both.
        np.testing.assert_allclose(draw[0], expected, atol=0.02)


# -- the same points ---------------------------------------------------------------------------


def _ramp(count=2):
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    return torch.stack([(k + 1) * (x + 3 * y) / 512 for k in range(count)])[:, None].expand(
        -1, 3, -1, -1
    )


def test_other_strides_and_centres_are_read_at_the_natural_points():
    # Centres at 0, 4, 8 … and at 1, 3, 5 … 29: the first natural row and column are not seen.
    maps = photo_maps(_pair(_reader(1, 4), _reader(3, 2)), _ramp())
    assert maps.rows == maps.columns == tuple(4.0 * k for k in range(1, 8))
    expected = _ramp()[:, 0, 4::4, 4::4].numpy() - 0.5  # a linear layer: less a grey canvas
    np.testing.assert_allclose(maps.natural[0], expected, atol=1e-6)
    np.testing.assert_allclose(maps.artificial[0], expected, atol=1e-6)


def test_the_same_stride_and_centre_is_read_cell_by_cell():
    images = noise(3, 3, 32, 32)
    maps = photo_maps(_pair(_reader(3, 2), _reader(3, 2, weight=2)), images, batch=2)
    assert maps.rows == tuple(1.0 + 2 * k for k in range(15))
    np.testing.assert_allclose(maps.artificial, 2 * maps.natural, rtol=1e-5, atol=1e-6)
    window = images[2, 0, 4:7, 8:11].mean() - 0.5
    assert maps.natural[0, 2, 2, 4] == pytest.approx(float(window), abs=1e-6)


def test_rectified_layers_are_read_before_clipping_and_signs_turn_natural_units():
    down = _reader(1, 4, weight=-1, relu=True)
    maps = photo_maps(_pair(down, _reader(1, 4, relu=True), layer="1"), _ramp(), signs=[-1])
    assert maps.natural.max() > 0.1
    np.testing.assert_allclose(maps.natural, maps.artificial)


def test_files_are_framed_and_named(tmp_path):
    paths = []
    for k in range(3):
        pixels = (noise(32, 32, 3, seed=k) * 255).byte().numpy()
        paths.append(tmp_path / f"{k}.png")
        Image.fromarray(pixels).save(paths[-1])
    framing = Framing(kind="crop", resize=32, size=32)
    pair = _pair(_reader(3, 2), _reader(3, 2))
    maps = photo_maps(pair, paths, framing=framing, batch=2)
    images = torch.stack([(noise(32, 32, 3, seed=k) * 255).byte() for k in range(3)])
    again = photo_maps(pair, images.permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(maps.natural, again.natural, atol=1e-6)
    assert maps.paths == tuple(map(str, paths))
    assert again.paths == (None,) * 3
    found = disagreements(
        photo_maps(_pair(_reader(3, 2), _reader(3, 2, weight=-1)), paths, framing=framing),
        count=1,
        share=0.05,
        side=9,
    )
    cut = crops(found, maps)
    left, top, right, bottom = found[0].box
    assert (0 <= left < right <= 32) and (0 <= top < bottom <= 32)  # noqa: PT018
    shown = images[found[0].image].permute(2, 0, 1).float() / 255
    np.testing.assert_allclose(cut[0], shown[:, top:bottom, left:right])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": []}, "at least one image"),
        ({"images": [noise(1, 3, 32, 32), noise(1, 3, 40, 40)]}, "of one size"),
        ({"images": [noise(3, 32, 32)]}, r"shape \(n, 3, h, w\)"),
        ({"images": ["nowhere.png"]}, "cannot be read"),
        ({"images": noise(1, 3, 32, 32) + 1}, r"\[0, 1\]"),
        ({"batch": 0}, "1 at a time"),
        ({"signs": [2]}, "1 or −1"),
        ({"signs": [1, 1]}, "1 or −1"),
        ({"other": _reader(31, 1)}, "common points"),
        ({"lines": (0, 0)}, "as many units"),
        ({"lines": (1,)}, "no unit"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, message):
    other = change.pop("other", _reader(3, 2))
    if "lines" in change:
        change["lines"] = Side(network=other, layer="0", channels=change["lines"])
    images = change.pop("images", noise(2, 3, 32, 32))
    with pytest.raises(InputError, match=message):
        photo_maps(_pair(_reader(3, 2), other), images, **change)


# -- agreement ---------------------------------------------------------------------------------


def test_units_of_the_same_shape_agree_and_controls_do_not():
    natural, turned = planted(list(AROUND)), planted([o + 10 for o in AROUND])
    pair = _pair(natural, turned, layer="3", units=4)
    random = Side(network=turned, layer="3", channels=(4, 5, 6, 7))
    found = photograph_agreement(pair, _drawn(), lines=random, share=0.02)
    assert set(found.figures) == {"artificial", "lines", "beside", "others", "shuffled"}
    for control in ("lines", "others", "shuffled"):
        assert found.ahead(over=control), control
    assert found.mean("clipped").value > 0.7
    assert found.mean("auroc").value > 0.95
    assert abs(found.mean("auroc", of="lines").value - 0.5) < 0.3
    assert found.images == 72


def test_exchanged_units_are_not_ahead():
    network = planted(list(AROUND))
    sides = [Side(network=network, layer="3", channels=c) for c in ((0, 1, 2, 3), (2, 3, 0, 1))]
    pair = Matched(natural=sides[0], artificial=sides[1], orientations=AROUND)
    found = photograph_agreement(pair, _drawn(), lines=sides[0], share=0.02)
    assert not found.ahead(over="lines")
    assert found.lead("auroc").units.below()
    assert found.lead("clipped").images.below()
    assert found.mean("auroc", of="lines").value == pytest.approx(1)


def test_beside_is_the_mean_of_four_neighbours_and_rates_are_above_zero():
    generator = np.random.default_rng(0)
    natural = generator.normal(size=(3, 10, 6, 7))
    maps = _maps(natural, natural - 1)
    found = maps_agreement(maps, share=0.1)
    across = [
        np.corrcoef(natural[0][..., :-1].ravel(), natural[0][..., 1:].ravel())[0, 1],
        np.corrcoef(natural[0][:, :-1].ravel(), natural[0][:, 1:].ravel())[0, 1],
    ]
    assert found.figures["beside"].of("correlation")[0] == pytest.approx(np.mean(across), rel=1e-5)
    np.testing.assert_allclose(found.rates["artificial"], (natural > 1).mean((1, 2, 3)))
    np.testing.assert_allclose(found.figures["artificial"].of("auroc"), 1)


def test_partners_are_far_enough_around_the_circle():
    natural = np.random.default_rng(0).normal(size=(4, 8, 6, 6))
    # The nearest of unit 0 that is far enough is unit 2, across zero; 355° is too near.
    maps = _maps(natural, natural, orientations=(0.0, 355.0, 310.0, 120.0))
    found = maps_agreement(maps, share=0.1)
    for name, partner in (("others", [2]), ("shuffled", [2, 3])):
        alone = paired_figures(
            maps.natural,
            maps.artificial,
            partners=[partner, [], [], []],
            weights=image_draws(8),
            share=0.1,
        )
        np.testing.assert_allclose(found.figures[name].values[0], alone.values[0])
    near = maps_agreement(_maps(natural, natural, orientations=(0.0, 10.0, 20.0, 30.0)))
    assert set(near.figures) == {"artificial", "beside"}
    with pytest.raises(InputError, match="there are artificial, beside"):
        near.mean("auroc", of="others")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"share": 0}, "above 0"), ({"share": 1.0}, "below 1"), ({"draws": 5}, "at least 20 draws")],
)
def test_impossible_options_are_refused(options, message):
    maps = _maps(np.ones((1, 3, 4, 4)), np.ones((1, 3, 4, 4)))
    with pytest.raises(InputError, match=message):
        maps_agreement(maps, **options)


def test_few_images_say_nothing_of_others():
    generator = np.random.default_rng(0)
    natural = generator.normal(size=(3, 2, 9, 9))
    found = maps_agreement(_maps(natural, natural + generator.normal(size=natural.shape)))
    assert np.isnan(found.mean("auroc").images.low)
    assert not found.mean("auroc").above(0)
    assert found.mean("auroc").units.above(0)


# -- disagreement ------------------------------------------------------------------------------


def test_the_worst_disagreements_are_found_once_an_image():
    natural, artificial = np.random.default_rng(0).uniform(0, 1, size=(2, 1, 5, 10, 10))
    natural[0, :, 0, 0] = artificial[0, :, 0, 0] = 2  # both agree there
    artificial[0, 3, 4, 7] = 5
    natural[0, 3, 4, 7] = -1
    artificial[0, 3, 4, 8] = 5  # nearly as bad, of the same image
    natural[0, 3, 4, 8] = -0.5
    natural[0, 1, 9, 2] = 5
    artificial[0, 1, 9, 2] = -2
    found = disagreements(_maps(natural, artificial), count=3, share=0.02)
    false = {miss: [f for f in found if f.miss.endswith(miss)] for miss in ("positive", "negative")}
    worst = false["positive"][0]
    assert (worst.image, worst.row, worst.column) == (3, 4, 7)
    assert worst.natural == pytest.approx(100 * 0.5 / 500)
    assert worst.artificial > 99
    assert (worst.natural_value, worst.artificial_value) == (-1, 5)
    assert worst.centre == (62.0, 38.0)
    assert worst.box == (32, 8, 92, 68)  # in the middle of the box is the pixel's centre, at + 0.5
    worst = false["negative"][0]
    assert (worst.image, worst.row, worst.column) == (1, 9, 2)
    for kind in false.values():
        assert len({f.image for f in kind}) == len(kind) <= 3


def test_crops_show_the_surroundings_and_are_grey_beyond_the_border():
    natural, artificial = np.random.default_rng(0).uniform(0, 1, size=(2, 1, 3, 10, 10))
    artificial[0, 2, 0, 9], natural[0, 2, 0, 9] = 5, -1
    maps = _maps(natural, artificial)
    y, x = torch.meshgrid(torch.arange(80.0), torch.arange(80.0), indexing="ij")
    images = torch.stack(
        [torch.stack([x / 80, y / 80, torch.full_like(x, k / 3)]) for k in range(3)]
    )
    found = disagreements(maps, count=1, share=0.01, side=20)
    cut = crops(found, maps, images=[images[:2], images[2:]])
    # The centre (78, 6) lies at 9 and 10 of the 20 pixels.
    np.testing.assert_allclose(cut[0, :, 9, 9], [77 / 80, 5 / 80, 2 / 3], atol=1e-6)
    assert (cut[0, :, :3] == 0.5).all()
    assert (cut[0, :, :, 12:] == 0.5).all()
    assert cut[0, 0, 4, 0] == pytest.approx(68 / 80)


def test_a_silent_unit_has_no_false_positives():
    natural = np.random.default_rng(0).normal(size=(1, 4, 8, 8))
    found = disagreements(_maps(natural, np.zeros_like(natural)), count=2, share=0.05)
    assert [f.miss for f in found] == ["false negative"] * 2
    assert found[0].artificial == 50


def test_crops_of_other_photographs_are_refused():
    natural, artificial = np.random.default_rng(0).normal(size=(2, 1, 3, 10, 10))
    maps = _maps(natural, artificial)
    found = disagreements(maps, count=1)
    for images, message in (
        (None, "give the images"),
        (noise(2, 3, 80, 80), "give the same"),
        (noise(3, 3, 64, 64), "are of"),
    ):
        with pytest.raises(InputError, match=message):
            crops(found, maps, images=images)
    with pytest.raises(InputError, match="no disagreement"):
        crops([], maps, images=noise(3, 3, 80, 80))
    with pytest.raises(InputError, match="from 1"):
        disagreements(maps, count=0)
    with pytest.raises(InputError, match="above 0"):
        disagreements(maps, share=1.0)


# -- a trained network -------------------------------------------------------------------------

CURVES = {
    358: 0.0, 336: 30.0, 368: 71.5, 394: 64.5, 386: 96.0, 346: 127.5,
    413: 179.0, 408: 220.5, 398: 262.0, 321: 289.0, 326: 312.0, 335: 335.5,
}  # fmt: skip


@pytest.mark.shared
def test_an_artificial_family_predicts_a_trained_one_better_than_chance():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    around = tuple(CURVES.values())
    artificial = artificial_network(orientations=list(around))
    pair = Matched(
        natural=Side(network=network, layer="3b", channels=tuple(CURVES)),
        artificial=Side(network=artificial, layer="3b", channels=tuple(range(12))),
        orientations=around,
    )
    paths = sorted((SHARED / "imagenet" / "images").glob("*/*"))[::20]
    maps = photo_maps(pair, paths)
    assert maps.natural.shape == (12, len(paths), 28, 28)
    assert maps.rows == tuple(8.0 * k + 6 for k in range(28))
    found = maps_agreement(maps)
    assert found.lead("auroc", over="shuffled").above()
    assert found.lead("clipped", over="shuffled").above()
    # A trained unit agrees more with itself one cell beside than with other trained ones.
    for figure in FIGURES:
        best = found.figures["beside"].estimate(figure, less=found.figures["others"])
        assert best.above(), figure
