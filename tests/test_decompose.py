import json
from functools import cache
from itertools import pairwise

import networks
import numpy as np
import pytest
import torch
from conftest import SHARED
from networks import noise, seeded
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.errors import InputError
from curvecircuits.models.address import Direction, Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.store import dump, unpack
from curvecircuits.store import load as read
from curvecircuits.visualize import Look, Objective, feature_visualization
from curvecircuits.visualize.decomposition.decompose import decompose
from curvecircuits.visualize.decomposition.grid import alikeness, default_side, shared_areas, spread
from curvecircuits.visualize.decomposition.records import DecomposedUnit, open_decomposition
from curvecircuits.visualize.decomposition.sheet import cell_image, decomposition_sheet
from curvecircuits.weights import expanded_weights


@cache
def _artificial():
    return artificial_network()


@cache
def _shown():
    return decompose(_artificial(), "3b:0", layers=["3a", "conv2d1"], grids={"3a": 3}, steps=3)


# -- the grid --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(19, 19), (5, 5), (43, 20), (1, 7)])
@pytest.mark.parametrize("grid", [(1, 1), (9, 9), (5, 3), (13, 11)])
def test_sums_are_kept_whatever_the_grid(shape, grid):
    values = noise(4, *shape, seed=1) - 0.5
    found = spread(values, grid)
    assert found.shape == (4, *grid)
    assert torch.allclose(found.sum((1, 2)), values.double().sum((1, 2)), rtol=0, atol=1e-11)


def test_spreading_agrees_with_cells_cut_into_small_squares():
    values = noise(2, 7, 5, seed=2)
    # Cut every position into 4 × 4 squares, of which each cell of the grid has whole ones.
    fine = (values.double() / 16).repeat_interleave(4, 1).repeat_interleave(4, 2)
    naive = fine.reshape(2, 4, 7, 4, 5).sum((2, 4))
    assert torch.allclose(spread(values, (4, 4)), naive, rtol=0, atol=1e-12)


def test_a_grid_of_single_positions_is_the_weights_themselves():
    values = noise(3, 6, 5, seed=3)
    assert torch.equal(spread(values, (6, 5)), values.double())


@pytest.mark.parametrize(("positions", "cells"), [(43, 13), (19, 9), (7, 7), (2, 5)])
def test_every_position_is_shared_out_whole_among_neighbouring_cells(positions, cells):
    areas = shared_areas(positions, cells)
    assert np.allclose(areas.sum(0), 1, rtol=0, atol=1e-15)
    assert np.allclose(areas.sum(1), positions / cells, rtol=0, atol=1e-12)
    for row in areas:
        at = np.flatnonzero(row)
        assert (np.diff(at) == 1).all()


def test_the_default_grids_are_the_published_ones_and_grow_with_the_support():
    assert [default_side(n) for n in (5, 19, 21, 43)] == [5, 9, 11, 13]
    sides = [default_side(n) for n in range(1, 200)]
    assert all(a <= b for a, b in pairwise(sides))
    assert all(side <= n for n, side in enumerate(sides, 1))


# -- cells and the network -------------------------------------------------------------------


def _residual():
    return wrap(seeded(networks.Residual), input_size=96)


def _gradient_of(network, unit):
    """Of a unit in the middle of its map by noise, and the pixel in the unit's centre."""
    source = network.layer(unit.layer).pre_activation
    images = noise(4, 3, network.input_size, network.input_size, seed=4).requires_grad_()
    values = network.run(images, layers=[source])[source]
    row, column = (n // 2 for n in values.shape[2:])
    (gradient,) = torch.autograd.grad(values[:, unit.channel, row, column].sum(), images)
    axes = network.geometry(source)
    centre = (axes.y.centre + row * axes.y.stride, axes.x.centre + column * axes.x.stride)
    return gradient.abs().amax((0, 1)), centre


def _reach(part, centre, size):
    """Pixels that some cell sees."""
    seen = torch.zeros(size, size, dtype=torch.bool)
    for cell in part.cells:
        top, left, height, width = cell.footprint
        row, column = centre[0] + top, centre[1] + left
        assert row == int(row)
        assert column == int(column)
        rows = slice(max(0, int(row)), max(0, int(row) + height))
        seen[rows, max(0, int(column)) : max(0, int(column) + width)] = True
    return seen


@pytest.mark.parametrize(
    ("make", "unit", "layers"),
    [
        (_artificial, Unit("3b", 3), ("conv2d0", "conv2d2", "3a")),
        (_residual, Unit("block2.relu~2", 5), ("relu", "block1.relu~2")),
    ],
)
def test_cells_see_just_the_pixels_that_move_the_unit(make, unit, layers):
    network = make()
    gradient, centre = _gradient_of(network, unit)
    found = decompose(network, unit, layers=layers, steps=1, grids=dict.fromkeys(layers, 3))
    assert len(found.layers) == len(layers)
    for part in found.layers:
        seen = _reach(part, centre, network.input_size)
        assert not gradient[~seen].any()
        # No footprint reaches beyond: the border of what is seen is used.
        rows, columns = (seen.any(k).nonzero().flatten() for k in (1, 0))
        assert gradient[rows[0]].any()
        assert gradient[rows[-1]].any()
        assert gradient[:, columns[0]].any()
        assert gradient[:, columns[-1]].any()


def test_a_cell_sees_what_the_positions_that_it_sums_see():
    """Each cell's vector, asked of the layer there, has no gradient beyond the footprint."""
    network = _artificial()
    unit = Unit("3b", 0)
    _, centre = _gradient_of(network, unit)
    part = decompose(network, unit, layers=["conv2d1"], grids={"conv2d1": 4}, steps=1).layers[0]
    found = expanded_weights(network, "conv2d1", units=[unit])
    images = noise(1, 3, network.input_size, network.input_size).requires_grad_()
    source = network.layer("conv2d1").pre_activation
    values = network.run(images, layers=[source])[source]
    middle = network.layer("3b").height // 2
    areas = shared_areas(found.values.shape[2], 4)
    for cell in part.cells:
        rows, columns = (np.flatnonzero(areas[k]) for k in (cell.row, cell.column))
        begin = [found.origin[k] + found.stride[k] * middle for k in (0, 1)]
        own = values[0, :, begin[0] + rows[0] : begin[0] + rows[-1] + 1]
        own = own[..., begin[1] + columns[0] : begin[1] + columns[-1] + 1]
        (gradient,) = torch.autograd.grad(own.square().sum(), images, retain_graph=True)
        moved = gradient[0].abs().amax(0)
        at = [moved.any(k).nonzero().flatten() for k in (1, 0)]
        top, left, height, width = cell.footprint
        assert (int(at[0][0]), int(at[1][0])) == (centre[0] + top, centre[1] + left)
        assert tuple(int(x[-1] - x[0]) + 1 for x in at) == (height, width)


def _planted():
    """Two units: one reads one channel at one of 5 × 5 positions, the other nothing."""
    early = nn.Conv2d(3, 6, 3, padding=1)
    late = nn.Conv2d(6, 2, 5, padding=2)
    nn.init.zeros_(late.weight)
    with torch.no_grad():
        late.weight[0, 4, 1, 3] = -2.0
    layers = seeded(lambda: nn.Sequential(early, nn.ReLU(), late, nn.ReLU()))
    return wrap(layers, input_size=32)


def test_all_weight_of_a_planted_unit_lies_in_its_cell():
    network = _planted()
    found = decompose(network, "3:0", steps=2)
    (part,) = found.layers
    assert (part.layer, part.grid, part.pitch) == ("1", (5, 5), (1.0, 1.0))
    full = [c for c in part.cells if c.norm > 0]
    assert [(c.row, c.column) for c in full] == [(1, 3)]
    (cell,) = full
    assert (cell.norm, cell.opacity, cell.share) == (2.0, 1.0, 1.0)
    assert (cell.positive, cell.negative) == (0.0, -2.0)
    assert cell.footprint == (-2.0, 0.0, 3, 3)
    assert found.vectors(0)[4, 1, 3] == -2.0
    assert np.count_nonzero(found.vectors(0)) == 1
    assert found.picture(0, cell) is not None
    assert all(found.picture(0, c) is None for c in part.cells if c is not cell)
    assert part.alikeness.neighbours is None


def test_a_unit_without_weights_has_no_pictures_and_can_be_drawn(tmp_path):
    found = decompose(_planted(), "3:1", steps=2)
    assert all(c.picture is None and c.opacity == c.share == 0 for c in found.layers[0].cells)
    found.save(tmp_path)
    assert decomposition_sheet(open_decomposition(tmp_path)).width > 0


def test_cells_add_up_to_the_weights_of_the_unit():
    whole = expanded_weights(_artificial(), "conv2d1", units=[Unit("3b", 0)]).values[0]
    part = _shown().layers[1]
    assert part.positions == tuple(whole.shape[1:])
    assert sum(c.positive + c.negative for c in part.cells) == pytest.approx(
        float(whole.sum()), rel=1e-5, abs=1e-5 * float(whole.abs().sum())
    )
    assert sum(c.share for c in part.cells) == pytest.approx(1)
    assert max(c.opacity for c in part.cells) == 1
    for cell in part.cells:
        assert (cell.picture is None) == (cell.opacity < 0.02)
        vector = _shown().vectors(1)[:, cell.row, cell.column]
        assert cell.norm == pytest.approx(float(np.linalg.norm(vector)), rel=1e-5)


def test_a_cell_is_shown_by_the_visualization_of_its_vector():
    found, part = _shown(), _shown().layers[0]
    weights = expanded_weights(_artificial(), "3a", units=[Unit("3b", 0)])
    vectors = spread(weights.values[0], (3, 3))
    cell = next(c for c in reversed(part.cells) if c.picture is not None)
    vector = vectors[:, cell.row, cell.column] / cell.norm
    wanted = Objective.unit(Direction("3a", tuple(vector.tolist())))
    look = Look(grey=True, alpha=True)
    (alone,) = feature_visualization(_artificial(), [wanted], steps=3, look=look)
    picture = found.picture(0, cell)
    assert np.array_equal(picture, (alone.image[2:] * 255).round().numpy())
    assert picture[0].std() > 0
    assert picture[1].std() > 0


def test_pictures_in_colour_keep_their_colours():
    found = decompose(_artificial(), "3b:0", layers=["3a"], grids={"3a": 1}, steps=3, look=Look())
    assert found.arrays["pictures.0"].shape[:2] == (1, 3)
    assert np.ptp(found.arrays["pictures.0"], axis=1).any()


# -- neighbours ------------------------------------------------------------------------------


def test_neighbours_of_a_turning_field_are_alike_and_shuffled_ones_are_not():
    angle = torch.linspace(0, 2 * torch.pi, 49).double().reshape(7, 7)
    turning = torch.stack([angle.cos(), angle.sin()])
    random = torch.randn(2, 7, 7, generator=torch.Generator().manual_seed(0)).double()
    found = alikeness(turning, [random, 0 * random, -random], seed=0)
    assert found.neighbours > 0.7
    assert abs(found.shuffled) < 0.1
    assert found.shuffled_most < found.neighbours
    assert found.permuted == found.permuted_most
    assert abs(found.permuted) < 0.3
    chance = alikeness(random, [turning], seed=0)
    assert chance.neighbours < chance.shuffled_most + 0.1
    assert chance.permuted == found.neighbours
    assert alikeness(0 * turning, [0 * random], seed=0).neighbours is None


# -- what is kept ----------------------------------------------------------------------------


def test_two_runs_are_identical(tmp_path):
    again = decompose(
        artificial_network(), Unit("3b", 0), layers=["conv2d1", "3a"], grids={"3a": 3}, steps=3
    )
    assert again.made == _shown().made
    for folder, found in (("a", _shown()), ("b", again)):
        found.save(tmp_path / folder)
    for name in ("decomposition.json", "decomposition.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_seed_gives_other_pictures_of_the_same_cells():
    other = decompose(_artificial(), "3b:0", layers=["3a"], grids={"3a": 3}, steps=3, seed=1)
    assert other.layers[0].cells == _shown().layers[0].cells
    assert np.array_equal(other.vectors(0), _shown().vectors(0))
    assert not np.array_equal(other.arrays["pictures.0"], _shown().arrays["pictures.0"])


def test_what_was_saved_is_opened(tmp_path):
    found = _shown()
    assert found.save(tmp_path / "new" / "3b-0") == tmp_path / "new" / "3b-0"
    opened = open_decomposition(tmp_path / "new" / "3b-0")
    assert opened.made == found.made
    assert opened.arrays.keys() == found.arrays.keys()
    for name, values in found.arrays.items():
        assert opened.arrays[name].dtype == values.dtype
        assert np.array_equal(opened.arrays[name], values)
    assert read(DecomposedUnit, json.loads(json.dumps(dump(found.made)))) == found.made
    assert sorted(p.name for p in (tmp_path / "new" / "3b-0").iterdir()) == [
        "decomposition.json",
        "decomposition.npz",
    ]


def test_a_folder_without_a_decomposition_or_with_a_damaged_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no decomposed unit"):
        open_decomposition(tmp_path)
    _shown().save(tmp_path)
    arrays = tmp_path / "decomposition.npz"
    whole = arrays.read_bytes()
    arrays.write_bytes(whole[:-1] + b"x")
    with pytest.raises(InputError, match="is not the file that"):
        open_decomposition(tmp_path)
    arrays.write_bytes(whole)
    assert unpack(whole).keys() == _shown().arrays.keys()
    record = tmp_path / "decomposition.json"
    record.write_text(record.read_text()[:-40])
    with pytest.raises(InputError, match="is damaged"):
        open_decomposition(tmp_path)


def test_a_cache_gives_the_same_pictures(tmp_path):
    asked = {"layers": ["3a"], "grids": {"3a": 2}, "steps": 2, "cache": tmp_path}
    first = decompose(_artificial(), "3b:1", **asked)
    kept = len(list(tmp_path.rglob("*.npz")))
    assert kept == sum(c.picture is not None for c in first.layers[0].cells) > 0
    again = decompose(_artificial(), "3b:1", **asked)
    assert again.made == first.made
    assert len(list(tmp_path.rglob("*.npz"))) == kept


# -- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "asked", "said"),
    [
        ("3b:9999", {}, "no unit"),
        ("3b", {}, "is not a unit"),
        ("9z:0", {}, "no layer"),
        ("conv2d0:0", {}, "No rectified layer comes before conv2d0"),
        ("3b:0", {"layers": []}, "a list of names"),
        ("3b:0", {"layers": "3a"}, "a list of names"),
        ("3b:0", {"layers": ["9z"]}, "no layer"),
        ("3b:0", {"layers": ["3a", "3a"]}, "has one twice"),
        ("3b:0", {"layers": ["3b"]}, "3b"),
        ("3a:0", {"layers": ["3b"]}, "3b"),
        ("3b:0", {"layers": ["3a"], "grids": {"conv2d1": 3}}, "not decomposed over: 3a are"),
        ("3b:0", {"layers": ["3a"], "grids": {"3a": 6}}, "1 to 5 cells a side here, not 6"),
        ("3b:0", {"layers": ["3a"], "grids": {"3a": 0}}, "1 to 5 cells a side here, not 0"),
        ("3b:0", {"layers": ["3a"], "grids": {"3a": 2.5}}, "not 2.5"),
        ("3b:0", {"layers": ["3a"], "steps": 0}, "at least one of steps"),
    ],
)
@pytest.mark.usefixtures("unannotated")
def test_what_cannot_be_shown_is_refused_in_one_sentence(unit, asked, said):
    with pytest.raises(InputError, match=said) as error:
        decompose(_artificial(), unit, **asked)
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text


# -- other networks and the sheet ------------------------------------------------------------


def test_efficientnet_is_decomposed_over_the_chain_that_is_asked_for():
    network = load("efficientnet_lite0")
    found = decompose(network, "block9.expand:7", layers=["stem", "block8.expand"], steps=1,
                      grids={"stem": 2, "block8.expand": 2})  # fmt: skip
    assert [x.layer for x in found.layers] == ["block8.expand", "stem"]
    assert [x.positions for x in found.layers] == [(5, 5), (105, 105)]
    assert found.made.field == (211, 211)
    for part in found.layers:
        box = [min(c.footprint[0] for c in part.cells)]
        box.append(max(c.footprint[0] + c.footprint[2] for c in part.cells))
        assert box == [-105.0, 106.0]


def test_a_support_that_is_not_square_keeps_its_form():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, (3, 7)), nn.ReLU())
    network = wrap(seeded(lambda: layers), input_size=32)
    assert decompose(network, "3:0", steps=1).layers[0].grid == (3, 7)
    cut = decompose(network, "3:0", steps=1, grids={"1": 5}).layers[0]
    assert (cut.grid, cut.pitch) == ((3, 5), (1.0, 1.4))


def test_the_sheet_shows_strong_cells_and_leaves_the_others_white():
    network = _planted()
    look = Look(grey=True)
    sheet = np.asarray(decomposition_sheet(decompose(network, "3:0", steps=2, look=look)))
    dark = np.argwhere((sheet < 250).any(2))
    assert len(dark)
    top = 28 + 58 + 44
    panel = sheet[top : top + 400, 28 : 28 + 400]
    found = np.argwhere((panel < 250).any(2))
    assert (found.min(0) >= (80, 240)).all()
    assert (found.max(0) < (160, 320)).all()


def test_cells_lie_on_white_by_their_opacity():
    picture = np.array([[[0, 200]], [[255, 0]]], dtype=np.uint8)
    full, half, none = (cell_image(picture, x)[0, :, 0].tolist() for x in (1.0, 0.5, 0.0))
    assert full == [0, 191]  # the second pixel is not opaque: what is behind it shows
    assert half == [128, 223]
    assert none == [255, 255]
    colours = np.array([[[0]], [[100]], [[255]]], dtype=np.uint8)
    assert cell_image(colours, 1.0)[0, 0].tolist() == [0, 100, 255]


@pytest.mark.shared
def test_the_grids_of_the_article():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    found = decompose(network, "3b:379", steps=1)
    shown = [(x.layer, x.grid) for x in found.layers]
    assert shown == [
        ("3a", (5, 5)),
        ("conv2d2", (9, 9)),
        ("conv2d1", (11, 11)),
        ("conv2d0", (13, 13)),
    ]
    for part in found.layers:
        alike = part.alikeness
        # Its layout says more than the vectors in any order, and than pooling alone makes of it.
        assert alike.neighbours > alike.shuffled_most
        assert alike.neighbours > alike.permuted_most > alike.permuted
