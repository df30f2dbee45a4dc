"""Templates tied over rotations, scales and hues: planted ones, and those of real weights."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import written

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.blocks import OrientedBlock, oriented_block
from curvecircuits.circuits.compression import BASES, compression_curve
from curvecircuits.circuits.equivariance import rotation_fit, shuffled, svd_left_out
from curvecircuits.circuits.hues import hue_fit
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.scales import scale_fit
from curvecircuits.circuits.sharing import total_factor
from curvecircuits.circuits.templates import Basis, Template, terms_of
from curvecircuits.circuits.tied import fitted, left_out
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.permute import weight_permuted

SMALL = Basis(orders=2, waves=2, rings=2)
PERIODS = [(360, 360), (360, 180), (180, 360), (180, 180)]


def _family(name, layer, count, period, *, at=None):
    return Family(
        name=name,
        layer=layer,
        channels=tuple(range(count)),
        orientations=tuple(period / count * k for k in range(count)) if at is None else tuple(at),
        period=period,
    )


WIDE = replace(
    Constants(),
    gabor_orientations=16,
    line_orientations=24,
    line_concentration=2.0,
    early_concentration=2.5,
    early_crossing_concentration=2.0,
    curve_concentration=6.0,
)
"""Units that accept a range of orientations wide enough for the few terms of the templates."""
GABORS = written("conv2d1", "complex Gabor", constants=WIDE)
SMALL_LINES = written("conv2d2", "line", constants=WIDE)
EARLY = written("3a", "early curve", constants=WIDE)
LINES = written("3a", "line", constants=WIDE)
CURVES = written("3b", "curve", constants=WIDE)


@cache
def _network(permuted=False):
    network = artificial_network(WIDE)
    return weight_permuted(network, seed=3) if permuted else network


@cache
def _block(targets, sources, permuted=False):
    return oriented_block(_network(permuted), targets=targets, sources=sources)


def _thin(block, step=2):
    """Every other unit of both families, for speed."""
    t, s = (range(0, len(f), step) for f in (block.targets, block.sources))
    return replace(
        block,
        targets=block.targets.take(list(t)),
        sources=block.sources.take(list(s)),
        values=block.values[::step, ::step],
    )


def _noise(targets=10, sources=8, size=5, *, periods=(360, 360), seed=0):
    """A block of noise between families at random orientations."""
    generator = np.random.default_rng(seed)
    return OrientedBlock(
        targets=_family(
            "t", "b", targets, periods[0], at=generator.uniform(0, periods[0], targets)
        ),
        sources=_family(
            "s", "a", sources, periods[1], at=generator.uniform(0, periods[1], sources)
        ),
        values=generator.normal(size=(targets, sources, size, size)),
        pitch=8.0,
        offset=(-4.0 * (size - 1), -4.0 * (size - 1)),
    )


def _template(basis, block, *, spacing=None, seed=0):
    terms = terms_of(
        basis, targets=block.targets.period, sources=block.sources.period, rings=basis.rings
    )
    generator = np.random.default_rng(seed)
    real, imaginary = generator.normal(size=(2, len(terms)))
    return Template(
        terms=terms,
        coefficients=real + 1j * np.where(terms.constant, 0, imaginary),
        spacing=basis.spacing(block) if spacing is None else spacing,
    )


def _planted(template, block, *, noise=0.0, hues=None, seed=1):
    """The block with the weights the definition of a tied template says, at random gains."""
    generator = np.random.default_rng(seed)
    values = np.zeros_like(block.values)
    height, width = values.shape[2:]
    down = block.offset[0] + block.pitch * np.arange(height)[:, None] * np.ones((1, width))
    right = block.offset[1] + block.pitch * np.arange(width)[None] * np.ones((height, 1))
    for t, own in enumerate(block.targets.orientations):
        angle = np.radians(own)
        along = np.cos(angle) * right + np.sin(angle) * down
        across = -np.sin(angle) * right + np.cos(angle) * down
        for s, other in enumerate(block.sources.orientations):
            turn = np.full(along.shape, other - own)
            hue = 0.0 if hues is None else float(hues[s])
            values[t, s] = template.at(turn, along, across, hue=hue)
    gains = generator.uniform(0.5, 2, values.shape[0])[:, None, None, None]
    values *= gains * generator.uniform(0.5, 2, values.shape[1])[:, None, None]
    return replace(
        block, values=values + noise * values.std() * generator.normal(size=values.shape)
    )


@pytest.mark.parametrize("periods", PERIODS)
def test_a_planted_template_is_found(periods):
    """Of each pair of periods: the weights of a unit that was left out, and the template itself."""
    empty = _noise(periods=periods)
    planted = _template(SMALL, empty)
    block = _planted(planted, empty)
    assert left_out([block], basis=SMALL).r2 > 0.995
    (found,), residuals = fitted([block], basis=SMALL)
    assert residuals.r2 > 0.998
    turn, along, across = np.random.default_rng(5).uniform(-12, 12, (3, 200))
    actual, wanted = (t.at(turn * 15, along, across) for t in (found, planted))
    assert np.corrcoef(actual, wanted)[0, 1] > 0.99


@pytest.mark.parametrize("period", [180, 360])
def test_half_a_turn_of_a_line_is_the_same_line(period):
    """A target of period 180 may be named by either of its normals; a curve may not."""
    block = _planted(_template(SMALL, _noise(periods=(period, 360))), _noise(periods=(period, 360)))
    other = np.array(block.targets.orientations)
    other[::2] += 180
    named = left_out([block], basis=SMALL).r2
    renamed = left_out(
        [block.oriented(other, np.array(block.sources.orientations))], basis=SMALL
    ).r2
    assert (abs(named - renamed) < 1e-6) == (period == 180)


@settings(max_examples=15)
@given(quarters=st.integers(1, 3), seed=st.integers(0, 1000), periods=st.sampled_from(PERIODS))
def test_turning_everything_changes_nothing(quarters, seed, periods):
    """Kernels turned by quarters, with all orientations, are the same circuit."""
    block = _planted(
        _template(SMALL, _noise(periods=periods), seed=seed),
        _noise(periods=periods, seed=seed),
        noise=1.0,
        seed=seed,
    )
    # rot90 turns an array counterclockwise on screen, where angles run clockwise.
    turned = replace(
        block.oriented(
            np.array(block.targets.orientations) - 90 * quarters,
            np.array(block.sources.orientations) - 90 * quarters,
        ),
        values=np.rot90(block.values, quarters, axes=(2, 3)),
    )
    before, after = (left_out([b], basis=SMALL) for b in (block, turned))
    np.testing.assert_allclose(after.gone, before.gone, rtol=1e-6)


def test_a_target_left_out_is_not_looked_at():
    """Terms as many as these fit noise well, and predict none of it."""
    block = _noise(targets=8, sources=6)
    rich = Basis(orders=4, waves=4, rings=3)
    assert fitted([block], basis=rich)[1].r2 > 0.15
    assert left_out([block], basis=rich).r2 < 0.03


def test_gains_are_no_part_of_the_template():
    """Units scaled by as much as 8 are predicted as well."""
    block = _planted(_template(SMALL, _noise()), _noise())
    scale = 2.0 ** np.random.default_rng(2).integers(-3, 4, len(block.sources))
    scaled = replace(block, values=block.values * scale[:, None, None])
    assert left_out([scaled], basis=SMALL).r2 > 0.99


def test_the_decomposition_without_a_target_is_numpys():
    block = _noise(targets=6)
    missed = svd_left_out(block)
    flat = block.values.reshape(6, -1)
    total = np.square(flat - flat.mean()).sum()
    components = np.linalg.svd(flat[1:], full_matrices=False)[2]
    for rank in range(6):
        rest = flat[0] - flat[0] @ components[:rank].T @ components[:rank]
        assert missed[rank, 0] == pytest.approx(np.square(rest).sum() / total, abs=1e-9)


@pytest.mark.parametrize(
    ("targets", "sources", "least"),
    [
        (CURVES, EARLY, 0.9),
        (CURVES, LINES, 0.9),
        (EARLY, SMALL_LINES, 0.8),
        (SMALL_LINES, GABORS, 0.95),
    ],
)
def test_written_families_are_equivariant(targets, sources, least):
    found = rotation_fit(_thin(_block(targets, sources)), shuffles=20)
    assert found.r2.value > least
    assert found.r2.low <= found.r2.value <= found.r2.high
    assert found.holds
    assert found.above_shuffled.low > 0.3
    assert found.above_svd.low > 0.2
    assert found.svd_numbers >= found.numbers
    assert found.factor == found.raw / found.numbers > 1


def test_permuted_weights_are_not_equivariant():
    for targets, sources in ((CURVES, EARLY), (SMALL_LINES, GABORS)):
        found = rotation_fit(_thin(_block(targets, sources, True)), shuffles=20)
        assert found.holds is False
        assert found.r2.value < 0.05


def test_what_is_seeded_is_the_same_again():
    block = _thin(_block(CURVES, EARLY), 4)
    first, again, other = (rotation_fit(block, shuffles=20, seed=s) for s in (0, 0, 1))
    assert first.shuffled == again.shuffled != other.shuffled
    assert first.r2 == again.r2


def test_few_targets_conclude_nothing():
    block = _thin(_block(CURVES, EARLY), 8)
    two = replace(block, targets=block.targets.take([0, 1]), values=block.values[:2])
    found = rotation_fit(two, shuffles=20)
    assert found.holds is None
    assert "2 targets" in (found.reason or "")
    assert np.isnan(found.r2.low)
    assert rotation_fit(block, shuffles=20).holds is not None  # three are enough


def test_numbers_kept_against_variance_explained():
    """A template of known size needs no more numbers than it was planted with, and no fewer."""
    empty = _noise(targets=12, sources=12)
    planted = _template(SMALL, empty)
    found = compression_curve(_planted(planted, empty), bases=BASES[:7], share=0.95)
    assert found.holds
    numbers = planted.terms.numbers + 2 * (12 + 12)
    assert 0.9 < found.factor.value / (found.raw / numbers) < 1.6
    assert found.factor.low <= found.factor.value <= found.factor.high
    by_size = {p.numbers: p.r2.value for p in found.template}
    assert by_size[numbers] > 0.99 > 0.8 > min(by_size.values())
    assert found.svd[0].numbers > numbers
    assert found.svd[0].r2.value < 0.7
    assert found.svd_factor.high < found.factor.low / 3


def test_noise_is_not_compressed():
    found = compression_curve(_noise(), bases=BASES[:5])
    assert not found.holds
    assert np.isnan(found.factor.value)


def _two_sizes(seed, *, stretch=2.0):
    """Blocks with the same template in cells of 4 and 8 pixels, stretched; or with two of them."""
    small, large = (
        replace(_noise(seed=s), pitch=p, offset=(-2 * p, -2 * p)) for s, p in ((3, 4.0), (4, 8.0))
    )
    spacing = SMALL.spacing(small)
    blocks = [_planted(_template(SMALL, small), small, noise=0.3)]
    blocks.append(
        _planted(
            _template(SMALL, large, spacing=spacing * stretch, seed=seed), large, noise=0.3, seed=2
        )
    )
    return blocks


def test_one_template_at_two_sizes():
    for stretch in (2.0, 2.0 * 2**0.5):
        found = scale_fit(_two_sizes(0, stretch=stretch), bases=[*BASES[2:4], SMALL])
        assert found.holds
        assert found.scales == pytest.approx((1.0, stretch))
        assert found.kept.value > 0.95
        assert found.factor.value > 1.2
        assert found.numbers < found.separate_numbers


def test_two_templates_are_not_one():
    found = scale_fit(_two_sizes(9), bases=[*BASES[2:4], SMALL])
    assert found.holds is False
    assert np.isnan(found.factor.value)
    assert found.kept.high < 0.9


def test_templates_of_their_own_do_not_notice_the_control():
    block = _two_sizes(0)[1]
    turned = block.oriented(
        np.array(block.targets.orientations) + 77, np.array(block.sources.orientations) - 31
    )
    before, after = (left_out([b], basis=SMALL).gone for b in (block, turned))
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_lines_of_two_layers_share_a_template():
    found = scale_fit(
        [_thin(_block(SMALL_LINES, GABORS)), _thin(_block(LINES, SMALL_LINES))], bases=BASES[3:6]
    )
    assert found.holds
    assert found.factor.low > 1


def _contrasts(varied, seed=0):
    """Lines made of colour contrasts of several hues, whose weights know the hue or do not."""
    empty = _noise(targets=9, sources=10, periods=(180, 360), seed=seed)
    hues = np.random.default_rng(seed).uniform(0, 360, 10)
    basis = Basis(orders=2, waves=2, rings=2, hues=1 if varied else 0)
    return _planted(
        _template(basis, empty, seed=seed), empty, noise=0.3, hues=hues, seed=seed
    ), hues


def test_hues_share_a_template_when_weights_do_not_know_them():
    bases = [Basis(orders=2, waves=w, rings=2) for w in (0, 2)]
    block, hues = _contrasts(varied=False)
    found = hue_fit(block, hues, harmonics=1, bases=bases)
    assert found.holds
    assert found.factor.value > 1
    assert found.kept.low > 0.95
    flipped = np.array(block.sources.orientations)
    flipped[::2] += 180  # the same contrasts, named by their other colour
    other = np.where(np.arange(10) % 2 == 0, hues + 180, hues)
    again = hue_fit(
        block.oriented(np.array(block.targets.orientations), flipped),
        other,
        harmonics=1,
        bases=bases,
    )
    assert again.r2.value == pytest.approx(found.r2.value, abs=1e-6)
    assert again.separate.value == pytest.approx(found.separate.value, abs=1e-6)


def test_hues_do_not_share_what_depends_on_them():
    block, hues = _contrasts(varied=True)
    found = hue_fit(block, hues, harmonics=1, bases=[Basis(orders=2, waves=2, rings=2)])
    assert found.holds is False
    assert found.separate.value > found.r2.value + 0.2


@pytest.mark.parametrize("targets", [1, 2])
def test_few_lines_conclude_nothing_of_hues(targets):
    block, hues = _contrasts(varied=False)
    few = replace(block, targets=block.targets.take(range(targets)), values=block.values[:targets])
    found = hue_fit(few, hues, harmonics=1, bases=[SMALL])
    assert found.holds is None
    assert f"{targets} targets" in (found.reason or "")


def test_the_total_is_as_uncertain_as_its_factors():
    nothing = float("nan")
    unknown = Interval(value=nothing, low=nothing, high=nothing, units=2)
    sure = Interval(value=3.0, low=2.0, high=4.0, units=5)
    assert np.isnan(total_factor(sure, unknown).value)
    assert total_factor(sure, sure).high == 16
    with pytest.raises(InputError, match="at least one factor"):
        total_factor()


def test_units_without_orientation_are_left_out():
    some = replace(EARLY, orientations=(float("nan"), *EARLY.orientations[1:]))
    found = oriented_block(_network(), targets=CURVES.take([0]), sources=some)
    assert found.values.shape == (1, 23, 5, 5)
    np.testing.assert_array_equal(found.values[0], _block(CURVES, EARLY).values[0, 1:])
    with pytest.raises(InputError, match="oriented unit"):
        oriented_block(_network(), targets=CURVES, sources=some.take([0]))


def test_what_cannot_be_fitted_says_why():
    block = _noise(targets=4, sources=3)
    with pytest.raises(InputError, match="shape"):
        replace(block, values=block.values[:3])
    with pytest.raises(InputError, match="finite"):
        replace(block, values=block.values * np.nan)
    with pytest.raises(InputError, match="pitch"):
        replace(block, pitch=0.0)
    with pytest.raises(InputError, match="orientation"):
        replace(block, sources=replace(block.sources, period=0))
    with pytest.raises(InputError, match="not negative"):
        Basis(orders=-1)
    with pytest.raises(InputError, match="20 shuffles"):
        rotation_fit(block, shuffles=5)
    one = replace(block, targets=block.targets.take([0]), values=block.values[:1])
    with pytest.raises(InputError, match="two targets"):
        rotation_fit(one)
    with pytest.raises(InputError, match="one period"):
        scale_fit([block, _noise(periods=(180, 360))])
    with pytest.raises(InputError, match="two blocks"):
        scale_fit([block])
    with pytest.raises(InputError, match="at least one basis"):
        compression_curve(block, bases=[])
    with pytest.raises(InputError, match="share"):
        compression_curve(block, share=0.0)
    with pytest.raises(InputError, match="hue"):
        hue_fit(block, np.zeros(2))
    with pytest.raises(InputError, match="direction"):
        hue_fit(_noise(periods=(180, 180)), np.zeros(8))
    with pytest.raises(InputError, match="hues of sources"):
        left_out([block], basis=Basis(hues=1))


def test_shuffling_keeps_the_orientations():
    block = _noise()
    other = shuffled(block, np.random.default_rng(0))
    assert sorted(other.targets.orientations) == sorted(block.targets.orientations)
    assert other.sources.orientations != block.sources.orientations
    assert other.values is block.values


@pytest.mark.shared
def test_googlenets_curves_are_equivariant():
    """Early curves of 3a on curves of 3b; orientations by their responses to outline curves."""
    from curvecircuits.catalog import load

    weights = Path(__file__).parents[2] / "shared" / "weights" / "bvlc_googlenet.safetensors"
    network = load("googlenet", weights=weights)
    early = {84: 5, 138: 52, 198: 60, 202: 82, 130: 87, 221: 99, 213: 127, 107: 129, 203: 150}
    early |= {92: 174, 83: 199, 223: 240, 171: 259, 205: 261, 144: 268, 207: 282, 64: 294, 173: 340}
    curves = {358: 0, 336: 30, 368: 71.5, 394: 64.5, 386: 96, 346: 127.5, 413: 179, 408: 220.5}
    curves |= {398: 262, 321: 289, 326: 312, 335: 335.5}
    sources, targets = (
        Family(
            name=name,
            layer=layer,
            channels=tuple(at),
            orientations=tuple(map(float, at.values())),
            period=360,
        )
        for name, layer, at in (("early curve", "3a", early), ("curve", "3b", curves))
    )
    found = rotation_fit(oriented_block(network, targets=targets, sources=sources), shuffles=20)
    assert found.holds
    assert found.r2.value > 0.25
    assert max(found.shuffled) < found.r2.value
    permuted = weight_permuted(network, seed=5)
    control = rotation_fit(oriented_block(permuted, targets=targets, sources=sources), shuffles=20)
    assert control.holds is False
