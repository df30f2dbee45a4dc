import networks
import numpy as np
import pytest
import torch
from PIL import Image

from curvecircuits.artificial import artificial_network
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.visualize import feature_visualization
from curvecircuits.visualize.features.family_pictures import family_pictures, framed, picture_sheet


def _slope(image):
    """Normal of the strongest structure in degrees, mod 180: 0 is a vertical line."""
    gy, gx = np.gradient(np.asarray(image).mean(0))
    xx, yy, xy = (gx * gx).sum(), (gy * gy).sum(), (gx * gy).sum()
    return np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180


def _off(pictures, normals):
    found = np.array([_slope(p.rgb()) for p in pictures])
    return np.abs((found - np.array(normals) + 90) % 180 - 90)


@pytest.fixture(scope="module")
def lines():
    return networks.written("conv2d2", "line")


@pytest.fixture(scope="module")
def shown(lines):
    return family_pictures(artificial_network(), lines, steps=96)


def test_pictures_of_lines_turn_with_their_normals(lines, shown):
    assert list(shown.family.orientations) == sorted(lines.orientations)
    assert [p.made.objective for p in shown.pictures] == [str(u) for u in shown.family.units]
    off = _off(shown.pictures, shown.family.orientations)
    assert off.mean() < 12
    assert off.max() < 35
    network = weight_permuted(artificial_network(), seed=1)
    permuted = family_pictures(network, lines, steps=96)
    assert _off(permuted.pictures, permuted.family.orientations).mean() > 20


def test_a_sheet_has_every_picture_where_its_label_is(shown):
    count = len(shown.pictures)
    sheet = shown.sheet(columns=4)
    narrow = shown.sheet(columns=1)
    assert sheet.height < narrow.height
    assert sheet.width > narrow.width
    columns = [np.asarray(sheet)[:, 20 + 126 * k + 60].std() for k in range(4)]
    assert min(columns) > 5
    rows = -(-count // 4)
    assert sheet.height == narrow.height - (count - rows) * (120 + 6 + 16)


def test_a_unit_that_sees_less_is_drawn_smaller_on_grey(shown):
    picture = shown.pictures[0]
    side = picture.image.shape[1]
    frame = np.asarray(framed(picture, side + 10))
    assert (frame[:5] == 128).all()
    assert (frame[:, -5:] == 128).all()
    inner = np.asarray(picture.pillow())
    assert np.array_equal(frame[5 : 5 + side, 5 : 5 + side], inner)


def test_signs_turn_what_is_climbed():
    network = networks.planted([0.0, 90.0, 200.0])
    family = Family(name="curve", layer="2", channels=(2, 0), orientations=(200.0, 0.0), period=360)
    up = family_pictures(network, family, steps=12)
    down = family_pictures(network, family, signs=[1, -1], steps=12)
    assert down.family.channels == (0, 2)
    assert down.pictures[0].made.objective == "-2:0"
    assert down.pictures[0].activation > 0  # of the negative
    assert torch.equal(down.pictures[1].image, up.pictures[1].image)
    seen = []
    family_pictures(network, family, steps=2, made=seen.append)
    assert [p.made.objective for p in seen] == ["2:0", "2:2"]


def test_what_cannot_be_drawn_is_said(shown):
    network = wrap(torch.nn.Conv2d(3, 4, 3), input_size=16)
    none = Family(name="curve", layer="conv2d", channels=(), orientations=(), period=360)
    with pytest.raises(InputError, match="no units to show"):
        family_pictures(network, none)
    one = Family(name="curve", layer="conv2d", channels=(1,), orientations=(0.0,), period=360)
    with pytest.raises(InputError, match="1 units have as many signs, not 2"):
        family_pictures(network, one, signs=[1, 1])
    with pytest.raises(InputError, match="at least one picture and one column"):
        picture_sheet([], title="none")
    with pytest.raises(InputError, match="at least one picture and one column"):
        shown.sheet(columns=0)
    with pytest.raises(InputError, match="as many labels, not 1"):
        picture_sheet(shown.pictures, title="t", labels=["a"])


def test_first_layers_are_shown_by_their_filters():
    network = artificial_network()
    (picture,) = feature_visualization(network, ["conv2d0:3"])
    assert picture.made.kind == "weights"
    weight = network.state["conv2d0_pre_relu.weight"][3]
    found = picture.image - 0.5
    assert torch.corrcoef(torch.stack([weight.flatten(), found.flatten()]))[0, 1] > 0.99
    sheet = picture_sheet([picture], title="t")
    assert isinstance(sheet, Image.Image)
