import math
import re

import numpy as np
import pytest
import skia
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from curvecircuits.errors import InputError
from curvecircuits.stimuli import (
    CurveGrid,
    LineGrid,
    angles,
    carriers,
    carry,
    colour_pair,
    curves,
    lines,
    luminance,
    morph,
    published,
    quick,
    s_curves,
    two_arcs,
)
from curvecircuits.stimuli.coverage import edge_frame, half_plane

FEW = settings(max_examples=25, deadline=None)
ORIENTATIONS = st.floats(-400, 400)
RADII = st.floats(5, 250)
WIDTHS = st.floats(1, 6)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def unit(degrees):
    angle = math.radians(degrees)
    return np.array([math.cos(angle), math.sin(angle)])


def ink(images):
    return 1 - images


# An independent rasteriser: Skia at 16 times the size, averaged down.


def supersampled(size, draw, *, filled=False, width=1.0, times=16):
    pixels = np.empty((size * times, size * times), np.uint8)
    info = skia.ImageInfo.Make(*pixels.shape, skia.kGray_8_ColorType, skia.kOpaque_AlphaType)
    canvas = skia.Surface.MakeRasterDirect(info, pixels).getCanvas()
    canvas.clear(skia.ColorWHITE)
    canvas.scale(times, times)
    style = skia.Paint.kFill_Style if filled else skia.Paint.kStroke_Style
    paint = skia.Paint(AntiAlias=True, Style=style, StrokeWidth=width, Color=skia.ColorBLACK)
    paint.setStrokeJoin(skia.Paint.kRound_Join)
    draw(canvas, paint)
    return pixels.reshape(size, times, size, times).mean((1, 3)) / 255


def circle_of(size, orientation, radius):
    middle = size / 2 - radius * unit(orientation)
    return middle, skia.Rect.MakeLTRB(*(middle - radius), *(middle + radius))


def random_shape(kind, rng):
    """Return a drawing by us and one by Skia of the same random shape."""
    size, orientation = int(rng.integers(64, 97)), rng.uniform(0, 360)
    radius, width = math.exp(rng.uniform(math.log(5), math.log(250))), rng.uniform(1, 6)
    arc, length = rng.uniform(10, 350), rng.uniform(5, 60)
    middle, box = circle_of(size, orientation, radius)
    start = orientation - arc / 2
    along = unit(orientation + 90) * (length / 2 if kind == "segment" else 400)
    ends = [float(v) for v in (*(size / 2 - along), *(size / 2 + along))]
    filled = kind in ("disc", "sector")
    draw = {
        "circle": lambda c, p: c.drawCircle(*middle, radius, p),
        "disc": lambda c, p: c.drawCircle(*middle, radius, p),
        "arc": lambda c, p: c.drawArc(box, start, arc, False, p),
        "sector": lambda c, p: c.drawArc(box, start, arc, True, p),
        "line": lambda c, p: c.drawLine(*ends, p),
        "segment": lambda c, p: c.drawLine(*ends, p),
    }[kind]
    common = {"orientation": orientation, "size": size, "width": width}
    if kind in ("line", "segment"):
        ours = lines(**common, length=length if kind == "segment" else None)
    else:
        part = arc if kind in ("arc", "sector") else 360
        ours = curves(**common, radius=radius, arc=part, filled=filled)
    return ours[0, 0].numpy(), supersampled(size, draw, filled=filled, width=width)


@pytest.mark.parametrize(
    ("kind", "count", "worst_pixel"),
    [
        ("circle", 50, 0.04),
        ("arc", 50, 0.06),
        ("disc", 30, 0.04),
        ("sector", 20, 0.25),  # at the tip
        ("line", 30, 0.03),
        ("segment", 20, 0.06),  # at the corners
    ],
)
def test_drawing_agrees_with_supersampling(kind, count, worst_pixel, record_property):
    rng = np.random.default_rng(len(kind))
    errors = [np.abs(np.subtract(*random_shape(kind, rng))) for _ in range(count)]
    means, worst = [error.mean() for error in errors], max(error.max() for error in errors)
    record_property("mean_absolute_error", float(np.mean(means)))
    record_property("worst_image", float(max(means)))
    record_property("worst_pixel", float(worst))
    assert np.mean(means) <= 2e-4
    assert max(means) <= 5e-4
    assert worst <= worst_pixel


def path_of(*steps):
    path = skia.Path()
    for name, *values in steps:
        getattr(path, name)(*values)
    return path


@pytest.mark.parametrize("orientation", [0, 37, 180, 301])
@pytest.mark.parametrize("opening", [30, 90, 140, 180])
def test_angles_agree_with_supersampling(orientation, opening):
    size, length, width = 64, 24.0, 3.0
    tips = [32 - length * unit(orientation + turn) for turn in (opening / 2, -opening / 2)]
    path = path_of(("moveTo", *tips[0]), ("lineTo", 32, 32), ("lineTo", *tips[1]))
    theirs = supersampled(size, lambda c, p: c.drawPath(path, p), width=width)
    ours = angles(orientation=orientation, opening=opening, length=length, width=width, size=size)
    assert np.abs(ours[0, 0].numpy() - theirs).mean() <= 5e-4


@pytest.mark.parametrize("amount", [0, 0.2, 0.6, 1])
@pytest.mark.parametrize("orientation", [0, 110, 250])
def test_morph_agrees_with_supersampling(amount, orientation):
    size, radius, arc, width = 64, 22.0, 100.0, 3.0
    rounding = amount * radius
    middle = 32 - rounding * unit(orientation)
    arm = (radius - rounding) * math.radians(arc / 2)
    first = middle + rounding * unit(orientation - arc / 2)
    last = middle + rounding * unit(orientation + arc / 2)
    box = skia.Rect.MakeLTRB(*(middle - rounding), *(middle + rounding))
    start = first + arm * unit(orientation - arc / 2 - 90)
    end = last + arm * unit(orientation + arc / 2 + 90)
    path = path_of(
        ("moveTo", *start),
        ("lineTo", *first),
        ("arcTo", box, orientation - arc / 2, arc, False),
        ("lineTo", *end),
    )
    theirs = supersampled(size, lambda c, p: c.drawPath(path, p), width=width)
    ours = morph(
        orientation=orientation, radius=radius, amount=amount, arc=arc, width=width, size=size
    )
    assert np.abs(ours[0, 0].numpy() - theirs).mean() <= 5e-4


@pytest.mark.parametrize("mirrored", [False, True])
def test_s_curves_agree_with_supersampling(mirrored):
    size, radius, arc, orientation = 64, 14.0, 120.0, 25.0
    sweep = -arc if mirrored else arc
    path = skia.Path()
    for normal in (orientation, orientation + 180):
        _, box = circle_of(size, normal, radius)
        path.addArc(box, normal, sweep)
    theirs = supersampled(size, lambda c, p: c.drawPath(path, p), width=2.5)
    ours = s_curves(
        orientation=orientation, radius=radius, arc=arc, mirrored=mirrored, width=2.5, size=size
    )
    assert np.abs(ours[0, 0].numpy() - theirs).mean() <= 5e-4


def test_two_arcs_agree_with_supersampling():
    size, arc = 64, 80.0
    path = skia.Path()
    for radius, orientation, shift in ((20.0, 30.0, 6), (25.0, 200.0, -6)):
        middle = 32 + shift * unit(30) - radius * unit(orientation)
        box = skia.Rect.MakeLTRB(*(middle - radius), *(middle + radius))
        path.addArc(box, orientation - arc / 2, arc)
    theirs = supersampled(size, lambda c, p: c.drawPath(path, p), width=2.0)
    ours = two_arcs(
        orientation=30,
        radius=20,
        separation=12,
        second_orientation=200,
        second_radius=25,
        arc=arc,
        size=size,
    )
    assert np.abs(ours[0, 0].numpy() - theirs).mean() <= 5e-4


@pytest.mark.parametrize("degrees", [0, 1e-4, 0.1, 20, 45, 89.9999, 90, 200])
def test_half_plane_is_the_area_of_a_cut_square(degrees):
    nx, ny = (
        torch.cos(torch.deg2rad(torch.tensor(degrees))),
        torch.sin(torch.deg2rad(torch.tensor(degrees))),
    )
    steps = (torch.arange(500) + 0.5) / 500 - 0.5
    places = (nx * steps[:, None] + ny * steps).reshape(-1).sort().values
    depths = torch.linspace(-0.9, 0.9, 61)
    share = torch.searchsorted(places, depths) / places.numel()
    scale = 300.0  # normals need not have length 1
    ours = half_plane(depths * 2 * scale, edge_frame(nx * scale, ny * scale))
    assert (ours - share).abs().max() <= 2e-3


# The convention, on cases made by hand.


@pytest.mark.parametrize(
    ("orientation", "towards"), [(0, (-1, 0)), (90, (0, -1)), (180, (1, 0)), (270, (0, 1))]
)
def test_curve_lies_against_its_orientation(orientation, towards):
    image = ink(curves(orientation=orientation, radius=8, size=48))[0, 0]
    steps = torch.arange(48) + 0.5 - 24
    mass = image.sum()
    middle = torch.stack(((image.sum(0) * steps).sum(), (image.sum(1) * steps).sum())) / mass
    assert torch.allclose(middle, 8 * torch.tensor(towards, dtype=torch.float32), atol=0.05)


def test_arc_of_orientation_zero_looks_like_a_closing_parenthesis():
    image = ink(curves(orientation=0, radius=12, arc=120, size=48))[0, 0]
    steps = torch.arange(48) + 0.5
    columns = [float((image[row] * steps).sum() / image[row].sum()) for row in (15, 19, 23, 28, 32)]
    assert columns[0] < columns[1] < columns[2] > columns[3] > columns[4]
    assert columns[2] == pytest.approx(24, abs=0.05)  # the apex is at the centre


def test_lines_are_vertical_at_zero_and_horizontal_at_ninety():
    vertical, horizontal = ink(lines(orientation=[0, 90], size=16))[:, 0]
    assert vertical.sum(0).tolist() == [0] * 7 + [16, 16] + [0] * 7
    assert horizontal.sum(1).tolist() == [0] * 7 + [16, 16] + [0] * 7


def test_offset_moves_along_the_normal_and_along_moves_along_the_tangent():
    plain = lines(orientation=90, size=33, length=9)
    moved = lines(orientation=90, size=33, length=9, offset=4, along=-3)
    # The normal of a horizontal line points down, its tangent left.
    assert torch.allclose(moved, plain.roll((4, 3), (2, 3)), atol=1e-5)


def test_vertex_of_an_angle_points_along_the_orientation():
    image = ink(angles(orientation=270, opening=60, length=15, size=48))[0, 0]
    rows = image.sum(1)
    assert rows[:22].sum() == 0
    assert rows[24:36].min() > 1


def test_two_arcs_back_to_back_and_face_to_face():
    options = {"orientation": 0, "second_orientation": 180, "radius": 12, "size": 48, "arc": 60}
    facing = ink(two_arcs(**options, separation=12))[0, 0]
    backs = ink(two_arcs(**options, separation=-12))[0, 0]
    for image, ends_inward in ((facing, True), (backs, False)):
        right = image[:, 24:]
        apex, end = right[24].argmax(), right[18:20].sum(0).argmax()
        assert (end < apex) == ends_inward


# Geometry.


@pytest.mark.parametrize("arc", [70.0, 200.0, 360.0])
@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("size", [20, 21])
def test_a_centre_on_a_pixel_centre_is_drawn(size, filled, arc):
    """The circle's middle has no nearest edge, and must not divide by its distance."""
    radius = [1.0, 2.5, 5.0, 5.5, 10.0]
    images = curves(orientation=90, radius=radius, size=size, arc=arc, filled=filled)
    assert images.isfinite().all()
    if filled and arc == 360 and size == 21:
        assert images[2, 0, 5, 10] == 0  # the centre of the disc of radius 5


@FEW
@given(ORIENTATIONS, RADII, WIDTHS, st.integers(20, 61), st.sampled_from([70.0, 200.0, 360.0]))
def test_quarter_turns(orientation, radius, width, size, arc):
    options = {"radius": radius, "width": width, "size": size, "arc": arc}
    first = curves(orientation=orientation, **options)
    # Clockwise on screen takes the x axis to the y axis, which points down.
    turned = curves(orientation=orientation + 90, **options)
    assert torch.allclose(turned, torch.rot90(first, -1, (2, 3)), atol=1e-3)
    opposite = curves(orientation=orientation + 180, **options)
    assert torch.allclose(opposite, first.flip(2, 3), atol=1e-3)


@FEW
@given(ORIENTATIONS, st.floats(20, 170), WIDTHS)
def test_quarter_turns_of_the_other_shapes(orientation, degrees, width):
    options = {"width": width, "size": 48}
    for draw in (
        lambda t: lines(orientation=t, length=degrees / 5, offset=3, along=2, **options),
        lambda t: angles(orientation=t, opening=degrees, length=15, **options),
        lambda t: morph(orientation=t, radius=15, amount=0.4, arc=degrees, **options),
        lambda t: s_curves(orientation=t, radius=9, arc=degrees, **options),
        lambda t: two_arcs(orientation=t, radius=12, separation=8, arc=degrees, **options),
    ):
        assert torch.allclose(
            draw(orientation + 90), torch.rot90(draw(orientation), -1, (2, 3)), atol=1e-3
        )


@FEW
@given(ORIENTATIONS, RADII, WIDTHS, st.integers(-9, 9), st.integers(-9, 9))
def test_whole_steps_of_the_centre_move_the_image(orientation, radius, width, across, down):
    options = {"orientation": orientation, "radius": radius, "width": width, "size": 60}
    here = curves(**options, centre=(30, 30))[..., 10:50, 10:50]
    there = curves(**options, centre=(30 + across, 30 + down))
    assert torch.allclose(
        there[..., 10 + down : 50 + down, 10 + across : 50 + across], here, atol=1e-3
    )


@FEW
@given(ORIENTATIONS, st.floats(3, 20), st.tuples(st.floats(24, 25), st.floats(24, 25)))
def test_area_of_a_disc_and_of_a_ring(orientation, radius, shift):
    options = {"orientation": orientation, "radius": radius, "size": 96, "centre": (48, 48)}
    options["centre"] = (shift[0] + 24, shift[1] + 24)
    disc = ink(curves(**options, filled=True)).sum().item()
    assert disc == pytest.approx(math.pi * radius**2, rel=2e-3)
    ring = ink(curves(**options, width=2)).sum().item()
    assert ring == pytest.approx(4 * math.pi * radius, rel=3e-3)


@FEW
@given(ORIENTATIONS, st.floats(10, 20), st.floats(20, 350))
def test_area_of_an_arc_and_of_a_sector(orientation, radius, arc):
    options = {"orientation": orientation, "radius": radius, "arc": arc, "size": 96}
    stroke = ink(curves(**options, width=3)).sum().item()
    assert stroke == pytest.approx(3 * radius * math.radians(arc), rel=1e-2)
    sector = ink(curves(**options, filled=True)).sum().item()
    assert sector == pytest.approx(radius**2 / 2 * math.radians(arc), rel=5e-3, abs=0.5)


@FEW
@given(ORIENTATIONS, st.floats(2, 40), st.floats(0.2, 8))
def test_ink_of_a_line(orientation, length, width):
    total = ink(lines(orientation=orientation, length=length, width=width, size=64)).sum().item()
    # The corners, products of two shares, err by 0.12 square pixels together, whatever the length.
    assert total == pytest.approx(length * width, rel=1e-4, abs=0.13)


@FEW
@given(ORIENTATIONS, st.floats(0, 1), st.floats(20, 150))
def test_ink_of_a_morph_hardly_changes(orientation, amount, arc):
    radius, width = 14, 2.5
    image = morph(
        orientation=orientation, radius=radius, amount=amount, arc=arc, width=width, size=96
    )
    expected = radius * math.radians(arc) * width
    # What the arms share inside the corner is at most the kite of a sharp one.
    shared = width**2 / 4 * math.tan(math.radians(arc / 2))
    assert expected - shared - 0.2 <= ink(image).sum().item() <= expected + 0.2


def test_morph_ends_in_the_curve():
    options = {"orientation": [0, 50, 260], "radius": 18, "size": 64, "arc": 110}
    ends = morph(amount=1, **options)
    assert torch.allclose(ends, curves(**options), atol=5e-3)
    near = morph(amount=0.999, **options)
    assert torch.allclose(ends, near, atol=0.05)


@FEW
@given(ORIENTATIONS, WIDTHS)
def test_great_circles_tend_to_lines(orientation, width):
    line = lines(orientation=orientation, width=width, size=64)
    before = math.inf
    for radius in (1e2, 1e3, 1e5, 1e8, 1e15):
        error = (curves(orientation=orientation, radius=radius, width=width, size=64) - line).abs()
        assert error.mean() <= before
        before = error.mean() + 1e-6
    assert error.max() <= 1e-3


@FEW
@given(ORIENTATIONS, st.floats(0.3, 400), st.floats(0, 30), st.floats(1, 360), st.booleans())
def test_values_stay_in_range(orientation, radius, width, arc, filled):
    image = curves(
        orientation=orientation, radius=radius, width=width, arc=arc, filled=filled, size=40
    )
    assert -1e-5 <= image.min() <= image.max() <= 1 + 1e-5


def test_images_do_not_depend_on_the_batch():
    orientation, radius = torch.linspace(0, 350, 700), torch.linspace(5, 300, 700)
    together = curves(orientation=orientation, radius=radius, size=96)
    for i in (0, 1, 63, 64, 511, 512, 699):
        alone = curves(orientation=orientation[i], radius=radius[i], size=96)
        assert torch.equal(together[i], alone[0])


@pytest.mark.parametrize("size", [1, 2, 7, 33, 60, 100])
def test_any_size(size):
    image = curves(orientation=30, radius=10, size=size, centre=(3, 4))
    whole = curves(orientation=30, radius=10, size=104, centre=(3, 4))
    assert image.shape == (1, 1, size, size)
    assert image.is_contiguous()
    assert torch.allclose(image, whole[..., :size, :size], atol=1e-5)


# Window and colours.


def test_only_paper_outside_the_tile():
    image = curves(orientation=20, radius=15, size=64, tile=20, paper=0.75)[0, 0]
    inside = torch.zeros(64, 64, dtype=torch.bool)
    inside[22:42, 22:42] = True
    assert (image[~inside] == 0.75).all()
    whole = curves(orientation=20, radius=15, size=64, paper=0.75)[0, 0]
    assert torch.equal(image[inside], whole[inside])


def test_a_tile_between_pixels_takes_half_of_them():
    image = curves(orientation=180, radius=9, size=32, tile=10, centre=(9, 16.5), filled=True)[0, 0]
    assert image[:, 13].tolist()[10:24] == [1, 0.5, *[0] * 9, 0.5, 1, 1]


def test_greys_have_one_channel_and_colours_three():
    options = {"orientation": 0, "radius": 9, "size": 24}
    assert curves(**options).shape[1] == 1
    assert curves(**options, ink=(0.2, 0.2, 0.2)).shape[1] == 3


def test_each_image_has_its_colours():
    table = torch.eye(3)
    images = curves(
        orientation=0, radius=7, size=32, width=4, ink=table, paper=0.5, inside=(0.1, 0.2, 0.3)
    )
    assert torch.allclose(images[:, :, 16, 16], table, atol=0.01)
    assert torch.allclose(images[:, :, 16, 9], torch.tensor([0.1, 0.2, 0.3]).expand(3, 3))
    assert (images[:, :, 0, 0] == 0.5).all()


def test_colours_mix_by_coverage():
    options = {"orientation": 33, "radius": 12, "size": 40, "width": 2.6}
    share = curves(**options, ink=1, paper=0)
    fill = curves(
        **options | {"radius": 12 - 1.3},
        filled=True,
        ink=1,
        paper=0,
        centre=tuple(20 - 1.3 * unit(33)),
    )
    image = curves(**options, ink=(1, 0, 0), paper=(0, 1, 0), inside=(0, 0, 1))
    expected = torch.cat((share, 1 - share - fill, fill), 1)
    assert torch.allclose(image, expected, atol=5e-3)


# Grids.


def test_published_grid():
    grid = published()
    assert grid.shape == (720, 80)
    assert len(grid) == 57600
    assert grid.orientations[:3] == (0, 0.5, 1)
    assert grid.radii[0] == 250
    assert grid.radii[20] == pytest.approx(250 / math.sqrt(5))
    assert grid.radii[79] == pytest.approx(10.41, abs=0.01)
    assert (grid.tile, grid.width) == (60, 2)


def test_quick_grid_spans_the_same():
    grid = quick()
    assert grid.shape == (72, 10)
    assert grid.radii[0] == 250
    assert grid.radii[-1] == pytest.approx(published().radii[-1])
    steps = np.diff(np.log(grid.radii))
    assert np.allclose(steps, steps[0])


def test_scaled_grids():
    grid = quick()
    assert grid.scaled(2) == CurveGrid(
        grid.orientations, tuple(2 * radius for radius in grid.radii), 120.0, 2.0
    )
    assert grid.scaled(0.5).width == 2
    assert grid.scaled(0.25).width == 1
    assert CurveGrid((0.0,), (9.0,), 28.0, 4.0).scaled(0.5).width == 2
    line = LineGrid((0.0,), (-3.0, 3.0), 40.0, 2.0, 20.0).scaled(0.5)
    assert line == LineGrid((0.0,), (-1.5, 1.5), 20.0, 1.0, 10.0)


def test_batches_run_through_the_grid_orientation_first():
    grid = CurveGrid((0.0, 90.0, 200.0), (40.0, 10.0), 24.0, 2.0)
    parts = list(grid.batches(size=32, chunk=4, centre=(15.5, 16.5), paper=0.5))
    assert [part for part, _ in parts] == [slice(0, 4), slice(4, 6)]
    images = torch.cat([batch for _, batch in parts])
    assert images.shape == (6, 1, 32, 32)
    third = curves(
        orientation=90, radius=40, size=32, tile=24, centre=(15.5, 16.5), paper=0.5, width=2
    )
    assert torch.equal(images[2], third[0])


def test_line_grid_batches():
    grid = LineGrid((0.0, 45.0), (-2.0, 0.0, 5.0), 24.0, 3.0)
    ((part, images),) = grid.batches(size=32)
    assert part == slice(0, 6)
    assert torch.equal(images[5], lines(orientation=45, offset=5, width=3, tile=24, size=32)[0])
    assert grid.shape == (2, 3)
    assert len(grid) == 6


# Carriers.


@pytest.fixture(scope="module")
def discs():
    return curves(
        orientation=[0, 80, 190], radius=[12, 18, 15], size=64, filled=True, ink=1, paper=0
    )


@pytest.fixture(scope="module")
def strokes():
    return curves(orientation=[0, 80, 190], radius=[12, 18, 15], size=64, width=5, ink=1, paper=0)


@pytest.mark.parametrize("kind", carriers())
def test_carriers_are_in_range_and_follow_the_seed(kind, discs):
    images = carry(discs, kind=kind, seed=5)
    assert images.shape == (3, 3 if kind in ("isoluminant", "colour") else 1, 64, 64)
    assert 0 <= images.min() <= images.max() <= 1
    assert torch.equal(images, carry(discs, kind=kind, seed=5))
    assert torch.allclose(images[:2], carry(discs[:2], kind=kind, seed=5), atol=1e-6)
    chance = kind in ("texture-boundary", "textured-stroke", "shading", "noise")
    assert torch.equal(images, carry(discs, kind=kind, seed=6)) != chance


def test_ink_and_reversed(strokes):
    assert torch.allclose(carry(strokes, kind="ink", seed=0), 1 - strokes)
    assert torch.allclose(carry(strokes, kind="reversed", seed=0), strokes)
    faint = carry(strokes, kind="ink", seed=0, contrast=0.2)
    assert torch.allclose(faint, 0.6 - 0.2 * strokes)


def weighted_mean(image, weight):
    return (image * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))


def test_texture_boundary_has_equal_means_and_texture_on_both_sides(discs):
    # Where a pixel is cut, both textures show: the means are of pixels wholly on one side.
    sharp = (discs > 0.5).float()
    image = carry(sharp, kind="texture-boundary", seed=1)
    for side in (sharp, 1 - sharp):
        mean = weighted_mean(image, side)
        assert torch.allclose(mean, torch.full((3,), 0.5), atol=1e-4)
        spread = weighted_mean((image - 0.5).square(), side).sqrt()
        assert (spread > 0.15).all()
    # Inside and outside vary along directions 90 degrees apart: opposite when doubled.
    across, down = image.diff(dim=3)[..., 1:, :], image.diff(dim=2)[..., 1:]
    doubled = torch.cat((across.square() - down.square(), 2 * across * down), 1)
    one, other = ((doubled * side[..., 1:, 1:]).sum((0, 2, 3)) for side in (sharp, 1 - sharp))
    assert torch.cosine_similarity(one, other, dim=0) < -0.9


def test_textured_stroke_has_the_mean_of_the_ground(strokes):
    image = carry(strokes, kind="textured-stroke", seed=1)
    assert torch.allclose(image[strokes == 0], torch.tensor(0.5))
    assert torch.allclose((image - 0.5).sum((1, 2, 3)), torch.zeros(3), atol=0.01)
    assert weighted_mean((image - 0.5).abs(), strokes).min() > 0.1


def test_shading_darkens_evenly(strokes):
    image = carry(torch.zeros_like(strokes), kind="shading", seed=2)
    assert image.amax((1, 2, 3)).min() == pytest.approx(1, abs=1e-4)
    assert image.amin((1, 2, 3)).max() == pytest.approx(0.2, abs=1e-4)
    assert (carry(strokes, kind="shading", seed=2)[strokes == 1] == 0).all()


def test_noise_keeps_the_means(strokes):
    image = carry(strokes, kind="noise", seed=3, contrast=0.3)
    assert image[strokes == 0].mean().item() == pytest.approx(0.75, abs=0.005)
    assert image[strokes == 1].mean().item() == pytest.approx(0.25, abs=0.01)
    assert image[strokes == 0].std().item() == pytest.approx(0.075, abs=0.005)


@pytest.mark.parametrize("hue", [0, 45, 90, 200])
def test_isoluminant_is_of_one_luminance(hue, strokes):
    image = carry(strokes, kind="isoluminant", seed=0, hue=hue)
    assert torch.allclose(luminance(image), torch.tensor(0.5), atol=1e-4)
    assert image.std((2, 3)).max() > 0.1


@pytest.mark.parametrize("contrast", [-0.6, 0.3])
def test_colours_have_the_luminance_contrast_asked_for(contrast, strokes):
    image = carry(strokes, kind="colour", seed=0, hue=30, luminance_contrast=contrast)
    light = luminance(image)
    shape, ground = light[strokes == 1].mean().item(), light[strokes == 0].mean().item()
    assert (shape - ground) / (shape + ground) == pytest.approx(contrast, abs=1e-4)


@FEW
@given(st.floats(-360, 360), st.floats(-0.95, 0.95))
def test_colour_pairs_can_be_shown(hue, contrast):
    pair = colour_pair(hue=hue, luminance_contrast=contrast)
    assert -1e-6 <= pair.min() <= pair.max() <= 1 + 1e-6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_devices_agree():
    options = {"orientation": [0, 77], "radius": [20, 3000], "size": 64, "arc": [360, 100]}
    here, there = (curves(**options, device=device, tile=40) for device in ("cpu", "cuda"))
    assert torch.allclose(here, there.cpu(), atol=1e-4)
    for kind in carriers():
        one, other = (carry(images, kind=kind, seed=1) for images in (here, there))
        assert torch.allclose(one, other.cpu(), atol=1e-3)


# Errors: one sentence each, saying what is valid.


CURVE = {"orientation": 0, "radius": 10, "size": 32}


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: curves(**CURVE | {"radius": 0}), "radius must be above 0"),
        (lambda: curves(**CURVE | {"radius": math.inf}), "radius holds a value that is not finite"),
        (lambda: curves(**CURVE | {"orientation": [0, math.nan]}), "orientation holds a value"),
        (lambda: curves(**CURVE | {"size": 0}), "size must be a whole number from 1"),
        (lambda: curves(**CURVE | {"size": 10**6}), "size must be a whole number from 1"),
        (lambda: curves(**CURVE, width=-1), "width must be at least 0"),
        (lambda: curves(**CURVE, arc=361), "arc must be above 0 and at most 360"),
        (lambda: curves(**CURVE, tile=0), "tile must be above 0"),
        (lambda: curves(**CURVE, ink=1.5), "ink must be at least 0 and at most 1"),
        (lambda: curves(**CURVE, ink=[0.1, 0.2]), "ink has shape"),
        (lambda: curves(**CURVE, centre=(1, 2, 3)), "centre must be a pair"),
        (lambda: curves(**CURVE, device="abacus"), "is no device"),
        (
            lambda: curves(**CURVE | {"orientation": [0, 1], "radius": [1, 2, 3]}),
            "orientation has 2 values and radius has 3",
        ),
        (lambda: curves(**CURVE | {"orientation": torch.zeros(2, 2)}), "orientation has shape"),
        (lambda: curves(**CURVE | {"orientation": []}), "orientation has shape"),
        (lambda: curves(**CURVE | {"orientation": ["north"]}), "orientation must be a number"),
        (lambda: lines(orientation=0, size=32, length=0), "length must be above 0"),
        (lambda: angles(orientation=0, opening=181, size=32), "opening must be above 0"),
        (lambda: morph(**CURVE, amount=1.1), "amount must be at least 0 and at most 1"),
        (lambda: morph(**CURVE, amount=0.5, arc=180), "arc must be below 180"),
        (lambda: s_curves(**CURVE, arc=270), "arc must be below 270"),
        (lambda: two_arcs(**CURVE, separation=3, second_radius=0), "second_radius must be above"),
        (lambda: CurveGrid((0.0,), (-1.0,), 60.0, 2.0), "radii must be above 0"),
        (lambda: LineGrid((0.0,), (0.0,), 0.0, 2.0), "tile must be above 0"),
        (lambda: quick().scaled(0), "factor must be above 0"),
        (lambda: next(quick().batches(size=32, chunk=0)), "chunk must be a whole number"),
        (lambda: carry(torch.zeros(1, 1, 4, 4), kind="smoke", seed=0), "texture-boundary"),
        (lambda: carry(torch.full((1, 1, 4, 4), 2.0), kind="ink", seed=0), "mask must lie in"),
        (lambda: carry(torch.zeros(1, 1, 4, 4), kind="ink", seed=-1), "seed must be a whole"),
        (lambda: carry(torch.zeros(1, 1, 4, 4), kind="ink", seed=0, period=1), "period must be"),
        (lambda: colour_pair(luminance_contrast=1), "luminance_contrast must be above -1"),
    ],
)
def test_errors_say_what_is_valid(draw, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        draw()
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
