import json
import pickle
from pathlib import Path

import networks
import numpy as np
import pytest
import torch
from networks import noise, planted, seeded
from PIL import Image
from scipy.stats import chisquare
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.paired_examples import paired_examples
from curvecircuits.errors import InputError
from curvecircuits.images import framing_for, load_batch, open_images
from curvecircuits.models.address import Direction, Unit
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves
from curvecircuits.store import RunFolder, dump, load, read_table
from curvecircuits.visualize import Examples, dataset_examples, open_examples
from curvecircuits.visualize.dataset.candidates import Candidates, lots
from curvecircuits.visualize.dataset.collect import Options, collected
from curvecircuits.visualize.dataset.ranges import bin_edges
from curvecircuits.visualize.dataset.views import views_of

COUNT = 23


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Images of noise at several scales, one of them damaged."""
    folder = tmp_path_factory.mktemp("photographs")
    for k in range(COUNT):
        small = noise(1, 3, 6 + k % 5, 6 + k % 5, seed=k)
        large = nn.functional.interpolate(small, size=(110, 96), mode="bicubic").clamp(0, 1)
        pixels = (large[0].permute(1, 2, 0) * 255).byte().numpy()
        Image.fromarray(pixels).save(folder / f"{k:02d}.png")
    (folder / "09.png").write_bytes((folder / "09.png").read_bytes()[:300])
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture(scope="module")
def network():
    return wrap(seeded(networks.Residual), input_size=64, name="residual")


@pytest.fixture(scope="module")
def layers(network):
    return [n for n in network.layers if n.startswith("block") and network.layers[n].rectified]


def _all(network, layer, photographs):
    """Pre-activations on every image, with NaN for one that cannot be read."""
    images = open_images(photographs)
    batch = load_batch(images, range(len(images)), framing=framing_for(network))
    source = network.layer(layer).pre_activation
    values = network.run(batch.pixels, layers=[source])[source]
    values[~batch.read] = torch.nan
    return images, values.numpy()


# -- what is chosen ----------------------------------------------------------------------------


def test_the_strongest_and_the_counts_are_those_of_all_positions(network, layers, photographs):
    layer = layers[-1]
    found = dataset_examples(
        network, [Unit(layer, 1), Unit(layer, 6)], photographs, top=7, bins=9, per_bin=4, batch=5
    ).examples
    images, values = _all(network, layer, photographs)
    read = [k for k in range(COUNT) if k != 9]
    assert found.images == COUNT - 1
    for unit, channel in zip(found.units, (1, 6), strict=True):
        maps = values[:, channel].reshape(COUNT, -1)
        best = sorted(read, key=lambda k: -maps[k].max())[:7]
        assert [e.index for e in unit.top] == best
        assert [e.image for e in unit.top] == [images.name(k) for k in best]
        np.testing.assert_allclose([e.value for e in unit.top], maps[best].max(1), rtol=1e-5)
        inner = np.array(unit.edges[1:-1])
        placed = np.digitize(maps[read], inner)
        assert unit.counts == tuple(np.bincount(placed.ravel(), minlength=9))
        for k, each in enumerate(unit.bins):
            assert len(each) == min(4, unit.counts[k])
            assert len({(e.index, e.row, e.column) for e in each}) == len(each)
            for e in each:
                assert np.digitize(e.value, inner) == k
                at = values[e.index, channel, e.row, e.column]
                assert e.value == pytest.approx(at, rel=1e-4, abs=1e-5)
    assert found.skipped_count == 2
    assert {s.name for s in found.skipped} == {"09.png", "notes.txt"}


def _places(examples):
    return [
        [(e.image, e.row, e.column) for each in (unit.top, *unit.bins) for e in each]
        for unit in examples.units
    ]


def test_neither_chunks_nor_other_units_change_what_is_chosen(network, layers, photographs):
    def chosen(units, **options):
        return dataset_examples(
            network, [Unit(layers[-1], u) for u in units], photographs, top=5, bins=6, **options
        ).examples

    first = chosen([0, 3], batch=4)
    assert _places(first) == _places(chosen([0, 3], batch=11))
    assert _places(first)[1:] == _places(chosen([3], batch=4))
    other = chosen([3], batch=4, seed=1)
    tops = [[e.image for e in unit.top] for unit in (other.units[0], first.units[1])]
    assert tops[0] == tops[1]
    assert other.units[0].bins != first.units[1].bins


def test_every_position_is_drawn_as_often_as_any_other_whatever_the_parts():
    images, positions, most = np.arange(12), 10, np.array([6])
    times = np.zeros(len(images) * positions)
    for seed in range(2000):
        drawn = lots(seed, "3b:379", images, positions)
        parts = [
            Candidates.made(
                0,
                np.repeat(part, positions),
                np.tile(np.arange(positions), len(part)),
                np.zeros(len(part) * positions),
                drawn[part].ravel(),
            ).best(most)
            for part in (images[:5], images[5:6], images[6:])
        ]
        best = Candidates.joined(parts[::-1]).best(most)
        times[best.image * positions + best.position] += 1
    assert times.sum() == 2000 * 6
    assert chisquare(times).pvalue > 1e-3
    assert chisquare(times.reshape(12, 10).sum(1)).pvalue > 1e-3
    one, other = (lots(0, unit, images, 2000)[0] for unit in ("a", "b"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("low", "high", "bins"),
    [(-812.3, 940.1, 18), (-0.01, 7.0, 5), (-3e-7, 1e-7, 4), (2.0, 9.0, 3), (-5.0, -1.0, 6)],
)
def test_bins_are_of_one_width_and_reach_both_ends(low, high, bins):
    edges = bin_edges(low, high, bins=bins)
    assert len(edges) == bins + 1
    np.testing.assert_allclose(np.diff(edges), np.diff(edges)[0])
    assert edges[0] <= low + 1e-9 * abs(low)
    assert edges[-1] >= high - 1e-9 * abs(high)
    assert (0.0 in edges) is (low < 0 < high)


def test_a_unit_that_is_the_same_everywhere_has_examples_too(photographs):
    conv = nn.Conv2d(3, 2, 5)
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.fill_(-1.0)
    network = wrap(nn.Sequential(conv, nn.ReLU()), input_size=48)
    (unit,) = dataset_examples(network, [Unit("1", 0)], photographs, bins=5).examples.units
    assert np.count_nonzero(unit.counts) == 1
    assert unit.top[0].value == -1.0


# -- pictures ----------------------------------------------------------------------------------


def test_crops_show_the_images_and_are_grey_beyond_them(network, layers, photographs):
    found = dataset_examples(network, [Unit(layers[-1], 2)], photographs, top=6, bins=5, per_bin=5)
    (unit,) = found.examples.units
    images, _ = _all(network, layers[-1], photographs)
    outside = 0
    for example in [e for each in (unit.top, *unit.bins) for e in each]:
        (pixels,) = load_batch(images, [example.index], framing=framing_for(network)).pixels
        left, top, right, bottom = example.box
        assert example.centre[0] + 0.5 == pytest.approx((left + right) / 2, abs=0.5)
        crop = found.crop(unit, example)
        map_ = found.saliency(unit, example)
        for y in range(0, bottom - top, 7):
            for x in range(0, right - left, 7):
                inside = 0 <= left + x < 64 and 0 <= top + y < 64
                outside += not inside
                seen = pixels[:, top + y, left + x] if inside else torch.full((3,), 0.5)
                assert np.abs(crop[:, y, x] / 255 - seen.numpy()).max() < 0.003
                assert inside or map_[y, x] == 0
        assert map_.max() > 0
    assert outside > 50


def test_two_layers_and_a_direction_are_shown_in_one_pass(network, layers, photographs):
    first, last = layers[0], layers[-1]
    vector = tuple(float(k == 4) for k in range(network.layer(last).channels))
    units = [Unit(last, 4), Unit(first, 0), Direction(last, vector, name="same")]
    found = dataset_examples(network, units, photographs, top=3, bins=3, per_bin=2)
    named = {unit.unit: unit for unit in found.examples.units}
    assert list(named) == [f"{last}:4", f"{last}@same", f"{first}:0"]
    one, same = named[f"{last}:4"], named[f"{last}@same"]
    assert (one.counts, [e.index for e in one.top]) == (same.counts, [e.index for e in same.top])
    assert named[f"{first}:0"].group != one.group
    shapes = [found.arrays[f"crops.{k}"].shape[-1] for k in (0, 1)]
    assert shapes[0] > shapes[1]


def test_a_unit_that_is_never_clipped_is_read_from_grey_and_with_its_sign(photographs):
    network = wrap(seeded(nn.Conv2d, 3, 4, 7, 3, padding=3), input_size=48)
    (layer,) = (n for n in network.layers if network.layers[n].kind == "conv")
    up, down = (
        dataset_examples(network, [Unit(layer, 1)], photographs, signs=[s], top=3, bins=4)
        for s in (1, -1)
    )
    _, values = _all(network, layer, photographs)
    grey = network.run(torch.full((1, 3, 48, 48), 0.5), layers=[layer])[layer][0, 1].numpy()
    added = values[:, 1] - grey
    assert up.examples.units[0].top[0].value == pytest.approx(np.nanmax(added), rel=1e-4)
    assert down.examples.units[0].top[0].value == pytest.approx(-np.nanmin(added), rel=1e-4)


# -- folders -----------------------------------------------------------------------------------


def _contents(folder):
    return {
        str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()
    }


def test_an_interrupted_run_goes_on_to_the_same_bytes(
    network, layers, photographs, tmp_path, monkeypatch
):
    def run(name, **options):
        return dataset_examples(
            network,
            [Unit(layers[-1], u) for u in (0, 5)],
            photographs,
            out=tmp_path / name,
            top=3,
            bins=4,
            batch=4,
            **options,
        )

    whole = run("whole")
    commit, computed = RunFolder.commit, []

    def stopped(self, chunk, arrays):
        if chunk == 3:
            raise KeyboardInterrupt
        commit(self, chunk, arrays)

    monkeypatch.setattr(RunFolder, "commit", stopped)
    with pytest.raises(KeyboardInterrupt):
        run("again")
    monkeypatch.setattr(
        RunFolder, "commit", lambda s, c, a: (computed.append(c), commit(s, c, a))[1]
    )
    run("again")
    assert computed == [3, 4, 5]
    assert _contents(tmp_path / "again") == _contents(tmp_path / "whole")
    opened = open_examples(tmp_path / "again")
    assert opened.examples == whole.examples
    assert load(Examples, dump(whole.examples)) == whole.examples
    for name, values in whole.arrays.items():
        assert np.array_equal(opened.arrays[name], values)
    table = read_table(
        tmp_path / "again" / "examples.parquet", schema="curvecircuits.examples-table/1"
    )
    rows = sum(len(unit.top) + sum(map(len, unit.bins)) for unit in whole.examples.units)
    assert len(table["value"]) == rows
    assert table["image"][0] == whole.examples.units[0].top[0].image
    with Image.open(tmp_path / "again" / f"quilt-{layers[-1]}-0.png".replace("~", "-")) as sheet:
        assert sheet.width > 300
    with pytest.raises(InputError, match=r"settings\.bins"):
        dataset_examples(network, [Unit(layers[-1], 0)], photographs, out=tmp_path / "again")
    dataset_examples(
        network, [Unit(layers[-1], 1)], photographs, out=tmp_path / "again", bins=3, fresh=True
    )
    assert len(list((tmp_path / "again").glob("quilt-*.png"))) == 1


def test_a_pass_computes_the_same_in_another_process(network, layers, photographs):
    images = open_images(photographs)
    views = views_of(network, [Unit(layers[-1], 3)], size=64)
    with collected("examples", views, images, Options(bins=5, batch=6)) as (folder, found):
        worker = pickle.loads(pickle.dumps(found.job)).open()
        for chunk in range(found.job.chunks):
            again = worker.compute(chunk, worker.load(chunk))
            for name, values in folder.chunk(chunk).items():
                assert np.array_equal(again[name], values), name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top": 0}, "top is 0"),
        ({"bins": 0}, "bins is 0"),
        ({"per_bin": -1}, "per_bin is -1"),
        ({"limit": 0}, "limit is 0"),
        ({"signs": [1, 1]}, "sign of 1 or −1"),
        ({"signs": [2]}, "sign of 1 or −1"),
        ({"units": []}, "at least one unit"),
        ({"units": [Unit("stem", 0), Unit("stem", 0)]}, "given twice"),
        ({"units": [Unit("stem", 99)]}, "0 to 7"),
        ({"workers": 3}, "local engine is one process"),
    ],
)
def test_what_cannot_be_done_is_refused(network, photographs, options, words):
    units = options.pop("units", [Unit("stem", 0)])
    with pytest.raises(InputError, match=words):
        dataset_examples(network, units, photographs, **options)


def test_a_folder_without_images_that_can_be_read_is_refused(network, tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match="None of 1 images"):
        dataset_examples(network, [Unit("stem", 0)], tmp_path)
    with pytest.raises(InputError, match="no dataset examples"):
        open_examples(tmp_path)


# -- what units see ----------------------------------------------------------------------------

AROUND = tuple(range(0, 360, 15))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Curves of every orientation, each at a place of its own; their names say which."""
    folder = tmp_path_factory.mktemp("curves")
    generator = np.random.default_rng(0)
    for orientation in AROUND:
        x, y = generator.uniform(100, 150, 2)
        image = curves(
            orientation=[float(orientation)],
            radius=45.0,
            size=256,
            width=2.0,
            tile=60.0,
            centre=(float(x), float(y)),
        )
        pixels = (image[0, 0] * 255).byte().numpy()
        Image.fromarray(pixels).convert("RGB").save(folder / f"{orientation:03d}.png")
    return folder


def _off(unit, orientation):
    """By how many degrees the curves in a unit's strongest crops are off its orientation."""
    seen = np.array([int(Path(e.image).stem) for e in unit.top])
    return np.abs((seen - orientation + 180) % 360 - 180)


def test_curve_units_see_curves_of_their_orientation_and_shuffled_weights_do_not(drawn):
    own = tuple(float(o) for o in range(0, 360, 45))
    network = artificial_network(orientations=own)
    units = [Unit("3b", k) for k in range(len(own))]
    copies = {f"shuffled {seed}": weight_permuted(network, seed=seed) for seed in range(3)}
    found = dataset_examples(
        network,
        units,
        drawn,
        also={name: (copy, units) for name, copy in copies.items()},
        top=3,
        bins=2,
        per_bin=1,
    ).examples
    natural, *shuffled = (
        np.array([_off(found.unit(str(u), side=side), o) for u, o in zip(units, own, strict=True)])
        for side in ("natural", *copies)
    )
    assert natural.max() <= 30
    # By chance a unit that answers to a band of orientations is right in one case of six.
    right = np.concatenate(shuffled).max(1) <= 30
    assert right.mean() < 0.4
    assert np.concatenate(shuffled).mean() > 60


def test_pairs_show_both_units_the_same_points_and_where_they_disagree(drawn, tmp_path):
    around = (0.0, 180.0)
    networks_ = [artificial_network(orientations=o) for o in (around, (0.0, 90.0))]
    sides = [Side(network=n, layer="3b", channels=(0, 1)) for n in networks_]
    matched = Matched(natural=sides[0], artificial=sides[1], orientations=around)
    found = paired_examples(
        matched, drawn, out=tmp_path / "out", top=3, worst=2, bins=3, per_bin=1, batch=7
    )
    same, other = found.pairs.pairs
    assert same.natural_only == same.artificial_only == ()
    assert [e.example.image for e in same.natural_top] == [
        e.example.image for e in same.artificial_top
    ]
    for example in (*same.natural_top, *same.artificial_top):
        assert example.natural == pytest.approx(example.artificial, rel=1e-4)
        one, two = (found.saliency(side, example) for side in ("natural", "artificial"))
        np.testing.assert_allclose(one, two, rtol=2e-3, atol=1e-3 * one.max())
    for listed, orientation in ((other.natural_only, 180), (other.artificial_only, 90)):
        assert len(listed) == 2
        assert len({e.example.index for e in listed}) == 2
        stems = np.array([int(Path(e.example.image).stem) for e in listed])
        assert (np.abs((stems - orientation + 180) % 360 - 180) <= 45).all()
    for e in other.natural_only:
        assert e.natural_rank - e.artificial_rank > 50
        assert e.example.value == pytest.approx(e.natural, rel=1e-4)
    assert json.loads((tmp_path / "out" / "pairs.json").read_text())["schema"].endswith("/1")
    assert (tmp_path / "out" / "paired-3b-1.png").is_file()
    assert open_examples(tmp_path / "out").examples == found.gallery.examples


def test_grids_that_differ_are_read_at_the_same_pixels(photographs):
    fine, coarse = (
        wrap(seeded(lambda s=s: nn.Sequential(nn.Conv2d(3, 2, 9, s), nn.ReLU())), input_size=64)
        for s in (2, 6)
    )
    matched = Matched(
        natural=Side(network=coarse, layer="1", channels=(0,)),
        artificial=Side(network=fine, layer="1", channels=(0,)),
        orientations=(0.0,),
    )
    found = paired_examples(matched, photographs, top=4, worst=2, bins=3, per_bin=1)
    (pair,) = found.pairs.pairs  # equal kernels: one value at one pixel, whatever the stride
    for example in (*pair.natural_top, *pair.artificial_top):
        assert example.natural == pytest.approx(example.artificial, rel=1e-4)
    assert pair.natural_only == ()


def test_units_of_a_planted_family_can_be_paired_with_other_geometry(photographs):
    network = planted([0.0, 90.0], others=0)
    artificial = artificial_network(orientations=(0.0, 90.0))
    matched = Matched(
        natural=Side(network=network, layer="3", channels=(0, 1)),
        artificial=Side(network=artificial, layer="3b", channels=(0, 1)),
        orientations=(0.0, 90.0),
    )
    found = paired_examples(matched, photographs, top=2, worst=2, bins=3, per_bin=1)
    assert len(found.pairs.pairs[0].natural_top) == 2
    assert (found.arrays["natural_strength"] > 0).all()
