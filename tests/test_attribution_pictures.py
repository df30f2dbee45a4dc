import networks
import pytest
import torch
from conftest import SHARED
from networks import noise, seeded
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load as load_network
from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves
from curvecircuits.store import dump, load
from curvecircuits.visualize import saliency
from curvecircuits.visualize.attribution.frame import cut
from curvecircuits.visualize.attribution.pictures import attribution_pictures
from curvecircuits.visualize.attribution.records import Attributed, compared, dependence, truth
from curvecircuits.visualize.attribution.sheet import attribution_sheet
from curvecircuits.visualize.attribution.strongest import strongest_images


def _corner():
    """A unit whose only weight is on the upper left one of its 5 × 5 cells, and its opposite."""
    first = seeded(nn.Conv2d, 3, 4, 5, stride=4)
    second = nn.Conv2d(4, 2, 5)
    with torch.no_grad():
        first.bias.zero_()
        second.weight.zero_()
        second.bias.copy_(torch.tensor([0.25, 3.0]))
        first.weight += 0.02  # an average of the image, so that none is silent
        second.weight[0, :, 0, 0] = 1.0
        second.weight[1, :, 0, 0] = -1.0
    return wrap(nn.Sequential(first, nn.ReLU(), second, nn.ReLU()), name="corner", input_size=64)


def test_opacity_is_where_the_weights_are():
    (found,) = attribution_pictures(_corner(), "3:0", noise(1, 3, 64, 64), layer="1", steps=96)
    assert found.values[:, 0, 0].sum() > 0
    assert found.values.sum() == found.values[:, 0, 0].sum()
    opacity = found.picture.image[3]
    height, width = opacity.shape
    # Five cells of 4 pixels around the middle, of which the first sees 5 pixels.
    y, x = round(found.middle[0]) - 8, round(found.middle[1]) - 8
    inside = opacity[y - 2 : y + 3, x - 2 : x + 3].mean()
    assert inside > 0.5
    assert opacity[height // 2 :].mean() < 0.5 * inside
    assert opacity[:, width // 2 :].mean() < 0.5 * inside


def test_weights_on_a_linear_path_are_the_whole_truth():
    found = attribution_pictures(
        _corner(), ["3:0", "3:0", "3:1"], noise(3, 3, 64, 64), layer="1", steps=1
    )
    for each in found:
        assert each.found.predicted == pytest.approx(each.found.actual, rel=1e-4)
    assert truth(found).value == pytest.approx(1, rel=1e-4)


def test_what_supports_and_what_opposes_are_kept_apart():
    network = wrap(seeded(networks.Residual), input_size=64)
    images = noise(1, 3, 64, 64)
    parts = {
        signed: attribution_pictures(
            network, "block1.bn2:3", images, layer="pool", position=(7, 9), signed=signed, steps=1
        )[0].values
        for signed in ("absolute", "positive", "negative")
    }
    assert parts["positive"].any()
    assert parts["negative"].any()
    assert torch.equal(parts["positive"] + parts["negative"], parts["absolute"])
    assert not (parts["positive"] * parts["negative"]).any()


def test_the_unit_is_taken_where_it_is_strongest():
    network = _corner()
    images = noise(4, 3, 64, 60)
    maps = network.activations(images, layers=["2"])["2"][:, 0]
    free = attribution_pictures(network, "3:0", images, layer="1", steps=1)
    for each, map_ in zip(free, maps, strict=True):
        assert map_[each.found.position] == map_.max() == each.found.actual
    given = attribution_pictures(network, "3:0", images, layer="1", position=(3, 2), steps=1)
    assert [each.found.position for each in given] == [(3, 2)] * 4
    assert [each.found.actual for each in given] == maps[:, 3, 2].tolist()


def test_a_unit_has_the_images_on_which_it_is_strongest_whatever_the_batches():
    network = wrap(seeded(networks.Residual), input_size=64)
    units = [Unit("stem", 1), Unit("stem", 2), Unit("block2.add", 0), Unit("scores", 3)]
    images = noise(7, 3, 64, 64)
    found = strongest_images(
        network, units, [(range(4), images[:4]), ((4,), images[4:5]), ((5, 6), images[5:])], most=3
    )
    assert list(found) == units
    for unit, kept in found.items():
        layer = network.layer(unit.layer).pre_activation
        maps = network.activations(images, layers=[layer])[layer][:, unit.channel]
        best = maps.reshape(len(images), -1).amax(1)
        assert [name for name, _ in kept] == best.argsort(descending=True)[:3].tolist()
        for name, image in kept:
            assert torch.equal(image, images[name])
            assert image.untyped_storage().nbytes() == image.nbytes  # nothing else is held
    assert len({tuple(name for name, _ in kept) for kept in found.values()}) > 1
    same = strongest_images(network, units[:1], [("ab", images[:1].expand(2, -1, -1, -1))], most=1)
    assert same[units[0]][0][0] == "a"
    with pytest.raises(InputError, match="99"):
        strongest_images(network, [Unit("stem", 99)], [], most=1)


@pytest.mark.parametrize("position", [(5, 5), (0, 0), (11, 4)])
def test_image_and_saliency_lie_in_the_frame_of_the_picture(position):
    network, images = artificial_network(), noise(1, 3, 96, 96)
    (found,) = attribution_pictures(network, "3b:0", images, layer="3a", position=position, steps=1)
    height, width = found.picture.image.shape[1:]
    assert found.crop.shape == (3, height, width)
    centre = network.geometry("3b", size=96)
    y = round(centre.y.centre + centre.y.stride * position[0] - found.middle[0])
    x = round(centre.x.centre + centre.x.stride * position[1] - found.middle[1])
    light = saliency(network, images, Unit("3b", 0), position=position)[0]
    for part, whole, beyond in ((found.crop, images[0], 0.5), (found.saliency[None], light, 0)):
        padded = nn.functional.pad(whole, (64, 64, 64, 64), value=beyond).reshape(-1, 224, 224)
        assert torch.equal(part, padded[:, y + 64 : y + 64 + height, x + 64 : x + 64 + width])
    assert found.saliency.sum() == pytest.approx(float(light.sum()), rel=1e-4)  # all of it


def test_a_unit_off_the_middle_of_its_cells_has_its_own_place_in_the_frame():
    """After pooling, an even number of cells is read: the unit is centred between two."""
    module = nn.Sequential(
        seeded(nn.Conv2d, 3, 4, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        seeded(nn.Conv2d, 4, 2, 3, padding=1),
    )
    network = wrap(module, input_size=48)
    (found,) = attribution_pictures(
        network, "3:1", noise(1, 3, 48, 48), layer="1", position=(9, 12), steps=1
    )
    cells = found.values.shape[1]
    assert cells == 6
    lit = found.saliency > 0
    rows, columns = lit.any(1).nonzero().flatten(), lit.any(0).nonzero().flatten()
    assert float(rows.min() + rows.max()) / 2 == found.middle[0]
    assert float(columns.min() + columns.max()) / 2 == found.middle[1]


def test_pictures_depend_on_their_images():
    def drawn(orientation, radius):
        one = curves(
            orientation=[orientation], radius=radius, size=96, width=2.0, centre=(46.5, 46.5)
        )
        return one.expand(-1, 3, -1, -1)

    images = torch.cat([drawn(0.0, 30.0), drawn(0.0, 30.0).roll(12, 2), drawn(75.0, 20.0)])
    network = artificial_network()
    found = attribution_pictures(network, "3b:0", images, layer="3a", position=(5, 5), steps=48)
    for each in found:
        assert each.found.alike.own > each.found.alike.other
        assert each.found.alike.best
    assert dependence(found).value > 0.05
    (alone,) = attribution_pictures(network, "3b:0", images[:1], layer="3a", steps=1)
    assert alone.found.alike.other is alone.found.alike.between is alone.found.alike.best is None


def test_the_same_image_is_no_other():
    one, other = noise(2, 5)
    found = compared(one, other, [other, -other])
    assert found.best is False
    assert found.between == pytest.approx(0, abs=1e-6)
    assert compared(one, torch.ones(5), [other]).own is None


def test_the_record_is_written_and_read():
    images = noise(2, 3, 64, 64)
    one, two = attribution_pictures(_corner(), "3:0", images, layer="1", steps=1)
    assert load(Attributed, dump(one.found)) == one.found
    assert (one.found.image, two.found.image) == (0, 1)
    again = attribution_pictures(_corner(), "3:0", images, layer="1", steps=1)
    assert torch.equal(again[1].picture.image, two.picture.image)
    assert one.picture.made.grey
    assert one.picture.made.alpha


def test_beyond_the_border_is_one_value():
    image = noise(2, 6, 5)
    assert torch.equal(cut(image, (1, 2), (3, 2), beyond=9.0), image[:, 1:4, 2:4])
    far = cut(image, (-2, 3), (4, 4), beyond=9.0)
    assert (far[:, :2] == 9).all()
    assert (far[:, :, 2:] == 9).all()
    assert torch.equal(far[:, 2:, :2], image[:, :2, 3:])


def test_the_sheet_takes_several_networks():
    images = noise(1, 3, 64, 64)
    found = attribution_pictures(_corner(), "3:0", images, layer="1", steps=1)
    assert attribution_sheet(found * 3).height > attribution_sheet(found).height
    with pytest.raises(InputError, match="at least one"):
        attribution_sheet([])


@pytest.mark.parametrize(
    ("units", "given", "said"),
    [
        (["3:0", "3:1", "3:0"], {}, "3 units cannot be attributed on 2 images"),
        ([], {}, "0 units"),
        ("3:9", {}, "3:9"),
        ("1:0", {"layer": "3"}, "does not depend on"),
        ("3:0", {"layer": "no"}, "no layer"),
        ("3:0", {"position": (90, 0)}, "no position"),
        ("3:0", {"position": (0.5, 0)}, "whole numbers"),
        ("3:0", {"position": [(0, 0)] * 3}, "whole numbers"),
        ("3:0", {"signed": "negative"}, "Nothing of 1 has a negative effect on 3:0"),
        ("3:0", {"steps": 0}, "at least one of steps"),
    ],
)
@pytest.mark.usefixtures("unannotated")
def test_what_cannot_be_attributed_is_refused(units, given, said):
    with pytest.raises(InputError, match=said):
        attribution_pictures(
            _corner(), units, noise(2, 3, 64, 64), **{"layer": "1", "steps": 1, **given}
        )


@pytest.mark.usefixtures("unannotated")
def test_only_the_signs_there_are():
    with pytest.raises(InputError, match="choose absolute, positive, negative"):
        attribution_pictures(_corner(), "3:0", noise(1, 3, 64, 64), layer="1", signed="both")


@pytest.mark.shared
def test_a_natural_curve_lies_where_its_picture_lies():
    network = load_network("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    drawn = curves(orientation=[0.0], radius=45.0, size=224, width=4.0, centre=(111.0, 111.0))
    (found,) = attribution_pictures(
        network, "3b:358", drawn.expand(-1, 3, -1, -1), layer="3a", position=(13, 13), steps=48
    )
    assert found.found.actual > 100
    assert found.middle == (52.0, 52.0)
    ink = found.crop.mean(0) < 0.5
    opposite = ink.flip(1)
    away = torch.arange(105.0) - 52
    distance = torch.hypot(away[:, None], away[None])
    # The unit's arc, without the middle that it shares with its opposite.
    place = (distance > 20) & (distance < 40)
    opacity = found.picture.image[3]
    assert opacity[ink & place].mean() > 1.05 * opacity[opposite & place].mean()
