from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from curvecircuits.artificial import artificial_network, general_geometry
from curvecircuits.compare import geometry_for, match_family
from curvecircuits.errors import InputError
from curvecircuits.families import find_curves
from curvecircuits.images import sample_images
from curvecircuits.tuning.receptive import receptive_centres

AROUND = [20.0, 65.0, 110.0, 155.0, 200.0, 245.0, 290.0, 335.0]
MOVED = [(4.0, 0.0), (0.0, 4.0), (-4.0, 0.0), (0.0, -4.0)] * 2


@pytest.fixture(scope="module")
def pair():
    network = artificial_network(orientations=AROUND, centres=MOVED)
    return network, find_curves(network, layer="3b", permutations=1)


def test_orientations_and_centres_are_those_measured(pair):
    network, family = pair
    matched = match_family(network, family)
    assert matched.orientations == tuple(u.orientation for u in family.units)
    assert matched.natural.channels == tuple(u.channel for u in family.units)
    wanted = np.array([MOVED[c] for c in matched.natural.channels])
    assert np.abs(np.array(matched.centres) - wanted).mean() < 1.5
    again = receptive_centres(matched.artificial.network, "3b", matched.artificial.channels)
    assert np.corrcoef(again.ravel(), np.array(matched.centres).ravel())[0, 1] > 0.8


def test_centres_can_be_left_alone_or_given(pair):
    network, family = pair
    assert match_family(network, family, centred=False).centres is None
    given = [(1.0, 2.0)] * len(family.units)
    lines = match_family(network, family, centres=given, detector="lines")
    assert lines.centres == tuple(given)


def test_other_networks_get_a_geometry_of_their_own():
    theirs = general_geometry(stride=16, tile=78.125, centre=15.0)
    network = artificial_network(orientations=AROUND, geometry=theirs)
    family = find_curves(network, layer="3b", permutations=1)
    ours = geometry_for(network, family)
    written = artificial_network(geometry=ours)
    assert written.geometry("3b").stride == 16
    assert written.geometry("3b").centre(0) == network.geometry("3b").centre(0)


def test_a_network_without_a_family_is_refused(pair):
    network, family = pair
    with pytest.raises(InputError, match="no curve family"):
        match_family(network, replace(family, units=(), found=False))


def test_channels_that_are_not_there_are_refused(pair):
    with pytest.raises(InputError, match="channels from 0 to 7"):
        receptive_centres(pair[0], "3b", [8])


def test_images_are_spread_over_a_folder(tmp_path):
    for name in ("b/2.png", "a/1.PNG", "a/b/3.jpg", "a/0.png", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no image")
        else:
            Image.new("RGB", (4, 4)).save(path)
    found = sample_images(tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in found] == [
        "a/0.png",
        "a/1.PNG",
        "a/b/3.jpg",
        "b/2.png",
    ]
    assert len(sample_images(tmp_path, most=2)) == 2
    with pytest.raises(InputError, match="no folder"):
        sample_images(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no images"):
        sample_images(tmp_path / "empty")
