"""The linear picture against the network: exact where nothing clips, and worse where it does."""

import pytest
from networks import written

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.truth import linear_truth
from curvecircuits.errors import InputError
from curvecircuits.families import Family, discover_families
from curvecircuits.families.tiles import scan_grid, scan_images, tile_of
from curvecircuits.tuning import tune
from curvecircuits.weights import expanded_weights

CURVES = Family(
    name="curve",
    layer="3b",
    channels=(0, 4, 8, 12, 16, 20),
    orientations=(0, 60, 120, 180, 240, 300),
    period=360,
)


def test_it_is_exact_between_two_linear_layers_and_less_so_further_back():
    network = artificial_network()
    taxonomy = discover_families(network, curve_layer="3b", layers=["conv2d2", "3a"])
    near, far = (
        linear_truth(
            network,
            expanded_weights(network, layer, units=CURVES.units),
            CURVES,
            taxonomy=taxonomy,
        )
        for layer in ("3a", "conv2d2")
    )
    assert near.whole.correlation.low > 0.999
    assert near.whole.slope.value == pytest.approx(1, abs=1e-3)
    assert near.whole.control.high < 0.5
    named = taxonomy.counts("3a")
    assert {t.name: t.units for t in near.families} == named
    exact = {t.name: t.correlation.low > 0.999 for t in near.families}
    assert exact["line"]
    assert exact["early curve"]
    # Curves have no weights from line ends, which are called angles.
    ends = set(written("3a", "line end").channels)
    for name, channels in taxonomy.members("3a").items():
        assert exact[name] == (not set(channels) <= ends)
    assert far.whole.correlation.high < 0.999


def test_it_is_checked_on_the_curves_that_units_are_searched_with():
    network = artificial_network()
    images, (row, column) = scan_images(network, "3b")
    source = network.layer("3b").pre_activation
    values = network.run(images[::7], layers=[source])[source][:, :, row, column]
    tuned = tune(network, ["3b"], grid=scan_grid(tile_of(network, "3b")))["3b"].values
    assert values.T.numpy() == pytest.approx(tuned.reshape(len(tuned), -1)[:, ::7], abs=1e-4)
    assert tuned.std() > 0.01


def test_weights_of_other_units_are_refused():
    network = artificial_network()
    weights = expanded_weights(network, "3a", units=CURVES.units[:3])
    with pytest.raises(InputError, match="not those of the targets"):
        linear_truth(network, weights, CURVES)
