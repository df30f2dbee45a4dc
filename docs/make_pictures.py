"""Write docs/pictures.md, and the sheets it shows into docs/images.

python docs/make_pictures.py --weights FILE --images DIR [--cache DIR] > docs/pictures.md
"""

import argparse
import io
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from curvecircuits.catalog import load
from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare import Matched, match_family
from curvecircuits.families import CurveFamily, Family, discover_families, find_curves
from curvecircuits.images import framing_for, load_image, sample_images
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.store import write_atomic
from curvecircuits.visualize import (
    AttributionPicture,
    EditedShares,
    FamilyPictures,
    attribution_pictures,
    attribution_sheet,
    decompose,
    decomposition_sheet,
    dependence,
    edited_pictures,
    edited_sheet,
    family_pictures,
    feature_visualization,
    picture_sheet,
    truth,
)

FOLDER = Path(__file__).parent / "images"
STEPS, DECOMPOSED_STEPS, EDITED_STEPS, ATTRIBUTED_STEPS = 256, 128, 128, 128
DECOMPOSED = (358, 386)
ATTRIBUTED = (358, 386, 413)
LAYERS = ("conv2d1", "conv2d2", "3a")
_PHOTOGRAPHS, _STRONGEST = 250, 2


@dataclass(frozen=True, kw_only=True)
class Work:
    """The network, its family with the one written beside it, and where things are kept."""

    network: Network
    found: CurveFamily
    matched: Matched
    images: Path
    cache: Path | None

    @property
    def family(self) -> Family:
        """The units that `find` prints."""
        return family_of(self.found, self.found.layer or "")

    @property
    def written(self) -> Family:
        """The artificial units of the same orientations."""
        side = self.matched.artificial
        return Family(
            name="curve",
            layer=side.layer,
            channels=side.channels,
            orientations=self.matched.orientations,
            period=360,
        )


def family_of(found: CurveFamily, layer: str) -> Family:
    """The curve units of a layer as a family."""
    return Family(
        name="curve",
        layer=layer,
        channels=tuple(u.channel for u in found.units),
        orientations=tuple(u.orientation for u in found.units),
        period=360,
    )


def timed(start: tuple[float, float]) -> str:
    """Seconds since a start, and those of the processor."""
    return f"{time.perf_counter() - start[0]:.0f} s ({time.process_time() - start[1]:.0f} s of it)"


def now() -> tuple[float, float]:
    """A start for `timed`."""
    return time.perf_counter(), time.process_time()


def say(text: str) -> None:
    """What is being done, on stderr."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def keep(name: str, sheet: Image.Image, *, grey: bool = False) -> None:
    """Write a sheet into docs/images; one that has no colour as shades of grey."""
    stream = io.BytesIO()
    (sheet.convert("L") if grey else sheet).save(stream, format="PNG", optimize=True)
    write_atomic(FOLDER / f"{name}.png", stream.getvalue())
    say(f"{name}.png: {len(stream.getvalue()) / 1e6:.2f} MB, {sheet.width} by {sheet.height}")


def families(work: Work) -> tuple[FamilyPictures, FamilyPictures, float]:
    """The natural and the artificial family; and seconds of the processor for the natural one."""
    start = now()
    # Without the cache: seconds are given on the page.
    own = family_pictures(work.network, work.family, steps=STEPS)
    spent = time.process_time() - start[1]
    keep("pictures-family", own.sheet(columns=6))
    say(f"family {timed(start)}")
    written = family_pictures(
        work.matched.artificial.network, work.written, steps=STEPS, cache=work.cache
    )
    keep("pictures-artificial", written.sheet(columns=6))
    return own, written, spent


def layers(work: Work) -> None:
    """The first sixteen units of earlier layers, whatever they are."""
    units = [Unit(layer, channel) for layer in LAYERS for channel in range(16)]
    pictures = feature_visualization(work.network, units, steps=STEPS, cache=work.cache)
    title = f"{work.network.name}: the first 16 units of {', '.join(LAYERS)}"
    keep("pictures-layers", picture_sheet(pictures, title=title))


def decompositions(work: Work) -> tuple[list[str], int, float]:
    """Rows of a table; and of the first unit pictures, and seconds of the processor."""
    rows: list[str] = []
    spent: list[float] = []
    count = 0
    for channel in DECOMPOSED:
        start = now()
        found = decompose(
            work.network,
            Unit(work.family.layer, channel),
            steps=DECOMPOSED_STEPS,
            cache=work.cache if spent else None,
        )
        spent.append(time.process_time() - start[1])
        count = count or sum(cell.picture is not None for x in found.layers for cell in x.cells)
        say(f"decomposition of {channel} {timed(start)}")
        keep(f"pictures-decomposed-{channel}", decomposition_sheet(found), grey=True)
        for layer in found.layers:
            alike = layer.alikeness
            rows.append(
                f"| {found.made.unit} | {layer.layer} | {layer.grid[0]} × {layer.grid[1]} | "
                f"{_two(alike.neighbours)} | {_two(alike.shuffled_most)} | "
                f"{_two(alike.permuted_most)} |"
            )
    return rows, count, spent[0]


def edits(work: Work) -> EditedShares:
    """Pictures of the family with some of its inputs from 3a alone."""
    start = now()
    taxonomy = discover_families(work.network, curve_layer=work.family.layer, layers=["3a"])
    framing = framing_for(work.network)
    files = sample_images(work.images, most=100)
    found = edited_pictures(
        work.network,
        work.family,
        taxonomy,
        layer="3a",
        steps=EDITED_STEPS,
        images=torch.stack([load_image(f, framing=framing) for f in files]),
        cache=work.cache,
    )
    say(f"edits {timed(start)}")
    keep("pictures-edited", edited_sheet(found, random=False))
    return found.shares


def attributions(work: Work) -> tuple[tuple[AttributionPicture, ...], ...]:
    """Natural units on the photographs they are strongest on, and artificial ones on the same."""
    start = now()
    framing = framing_for(work.network)
    images = torch.stack(
        [load_image(f, framing=framing) for f in sample_images(work.images, most=_PHOTOGRAPHS)]
    )
    target = work.network.layer(work.family.layer).pre_activation
    with torch.inference_mode():
        seen = [
            work.network.activations(some, layers=[target])[target][:, list(ATTRIBUTED)]
            for some in images.split(16)
        ]
    # Away from the border, beyond which most of a picture's frame would lie.
    maps = torch.cat(seen)[:, :, 4:-4, 4:-4]
    natural: list[Unit] = []
    artificial: list[Unit] = []
    shown: list[torch.Tensor] = []
    at: list[tuple[int, int]] = []
    by_channel = dict(
        zip(work.matched.natural.channels, work.matched.artificial.channels, strict=True)
    )
    for k, channel in enumerate(ATTRIBUTED):
        most = maps[:, k].flatten(1).max(1)
        for i in most.values.topk(_STRONGEST).indices.tolist():
            place = int(most.indices[i])
            at.append((place // maps.shape[3] + 4, place % maps.shape[3] + 4))
            shown.append(images[i])
            natural.append(Unit(work.family.layer, channel))
            artificial.append(Unit(work.written.layer, by_channel[channel]))
    pixels = torch.stack(shown)
    sides = ((work.network, natural), (work.matched.artificial.network, artificial))
    both = tuple(
        attribution_pictures(
            network,
            units,
            pixels,
            layer="3a",
            position=at,
            steps=ATTRIBUTED_STEPS,
            cache=work.cache,
        )
        for network, units in sides
    )
    say(f"attributions {timed(start)}")
    side_by_side = [each for pair in zip(*both, strict=True) for each in pair]
    keep("pictures-attribution", attribution_sheet(side_by_side))
    return both


def lite(cache: Path | None) -> FamilyPictures:
    """The family of a network of another kind."""
    network = load("efficientnet_lite0")
    found = find_curves(network, layer="block9.expand", permutations=1)
    start = now()
    shown = family_pictures(
        network,
        family_of(found, "block9.expand"),
        signs=[u.sign for u in found.units],
        steps=STEPS,
        cache=cache,
    )
    say(f"lite {timed(start)}")
    keep("pictures-lite", shown.sheet(columns=5))
    return shown


HEAD = """# What units see

Made by `docs/make_pictures.py`, which writes the sheets too. Every picture can be had by itself:

```sh
curvecircuits vis --model googlenet --out pictures               # the family, and the one by hand
curvecircuits vis 3b:358 3a:84 --model googlenet --each 4 --side 512
curvecircuits decompose 3b:358 --model googlenet --out decomposed
curvecircuits attribute 3b:358 --model googlenet --images photographs --out attributed
curvecircuits edited --model googlenet --inputs 3a --out edited
```

A feature visualization is a picture that was changed step by step so that one unit, read in the
middle of it before its rectifier, is as active as possible. It starts as noise; it is moved,
turned and scaled a little at every step, so that what is shown does not hang on single pixels.
Nothing was picked: seed 0 throughout, one picture a unit, all units of a family, the first of a
layer.
"""

FAMILY = """
## The curve family of GoogLeNet

![Twelve pictures, each with one bold arc, in order of orientation](images/pictures-family.png)

The twelve units that `curvecircuits find` takes for curve detectors, in order of orientation,
which was measured on drawn curves and not on these pictures. 0° is ")", 90° is "U", 180° is "(",
270° is an arch. 256 steps, colour.

What to see: one arc through the middle of each, bulging where the angle says; short strokes across
it, like the teeth of a comb, most of them on the outside; grey where the unit does not see. 3b:321
and 3b:408 are arcs around something like an eye. The fine texture and the colours differ from one
noise to the next (`--each 4`), the arc does not. 3b:335 closes into a narrow ring.
"""

ARTIFICIAL = """
## The circuit written by hand

![Twelve pictures, each a bundle of parallel grey arcs](images/pictures-artificial.png)

The artificial units of the same twelve orientations, which look where the natural ones were
measured to look, made in the same way.

What to see: the same arcs, as a bundle of parallel strokes that bend around one side, in shades of
grey, since these weights see no colour. There are no combs, eyes or textures: nobody wrote any.
The checkered pixels in the strokes are what the hand-written Gabor filters of 7 × 7 pixels leave
open.
"""

LAYERED = """
## The layers before

![Rows of small pictures: stripes in conv2d1, bent and branching strokes in conv2d2, crosses, rings
and spots in 3a](images/pictures-layers.png)

The first sixteen units of three layers of GoogLeNet, whatever they respond to. 256 steps. Each
layer has its own scale: a picture of conv2d1 is 15 pixels wide, one of these 3a units 33.

What to see: in conv2d1 stripes, some coloured patches; in conv2d2 single strokes with teeth
(conv2d2:8, 10, 15), corners (6, 9), spots (4, 13); in 3a curves (3a:2), crossing lines (3a:3),
rings and eyes (7, 11, 12), textures (4, 9). The early ones are pulled towards grey, without which
noise that the unit hardly sees would stay.
"""

DECOMPOSED_TEXT = """
## Decomposed over earlier layers

![Grids of small grey pictures for 3b:358: strokes that turn from upper left over vertical to lower
left, in a column](images/pictures-decomposed-358.png)

![The same for 3b:386: strokes that fall, lie flat and rise, in a row that sags](
images/pictures-decomposed-386.png)

The weights of a unit on an earlier layer, added up in the cells of a grid over all that it sees.
The picture of a cell shows what the unit asks for there; it is as opaque as those weights are
long, the strongest cell fully. 128 steps, grey.

What to see: the curve is laid out in each layer by simpler things along it. 3b:358, a ")", has
strokes "\\" above, "|" in the middle, "/" below, one column of them; 3b:386, a "U", has "\\" on
the left, "–" in the middle and "/" on the right, one or two rows that sag. In 3a of 3b:386 the
strokes are bent themselves: early curves. conv2d0 shows the same with Gabor filters, less exactly.

Cells side by side ask for alike things: mean cosine of their weights, beside the most of many
grids with the cells shuffled, and the most of eight copies of the network with permuted weights.
In early layers the latter is high as well, as cells side by side are reached through the same
units between, whatever the weights: only what is above it says something.

| unit | layer | cells | neighbours alike | shuffled | permuted weights |
|---|---|---|---|---|---|
"""

EDITED_TEXT = """
## With some of their inputs alone

![Six rows of twelve pictures: unedited, curves only, lines only, edges only, textures only and
other](images/pictures-edited.png)

The family in edited networks, in which nothing of 3a reaches it but one group of units; groups are
those of `curvecircuits families`, with angles among lines and what has no family as *other*. 128
steps, each from the noise of the unedited picture above it. Under each picture: how active the
*unedited* unit is on it, as a share of what its own picture gives it.

What to see: with curves alone the arc is there, but it winds on: into rings, eyes and S-shapes
that the unedited pictures do not have. 3b:358 and 3b:413, the ")" and the "(", reach least with
curves and most with lines. With lines alone it is plain and in straight pieces, an angle at worst
(3b:321). With edges alone it shows in about half of the pictures, among spots. With textures
alone, or with the rest, there are textures, blobs and eyes, and no arc.

*Reconstructed* is the share under the pictures; *kept* is what the edited unit keeps of its
activation on the unedited picture; *photos* the same on those of 100 photographs in which the
unit is active. *Random* are as many other units of 3a, drawn anew for every unit of the family;
each difference is from them, unit by unit. Means over the 12 units, 95 % intervals over units.

| group | units | reconstructed | random | difference | kept | difference | photos | difference |
|---|---|---|---|---|---|---|---|---|
"""

EDITED_AFTER = """
Curves and lines carry the family: each gives more than as many random units, by every measure
except curves on photographs, whose lead cannot be told from nothing. Edges, textures and the rest
give *less* than as many random ones, which have curves and lines among them. The shares need not
add up to one: a picture is free to be whatever the group that is left can say.
"""

ATTRIBUTED_TEXT = """
## What of a photograph moves a unit

![Photographs, grey attribution pictures and saliency, GoogLeNet on the left and the artificial unit
on the right](images/pictures-attribution.png)

Three units of the family, each at the places of {photographs} photographs where it is strongest
(two images a unit, at least four cells from the border), and on the right the artificial unit of
the same orientation at the same place. From left to right: the photograph; an *attribution
picture*, climbed towards |weights × activations of 3a| at every place of the window; the saliency.
128 steps, grey.

What to see: the rim, the cable, the handle that the unit sits on comes back as one dark arc, while
lines of the photograph that cross it do not. Natural pictures have combs and differ with the
photograph (the handle of the fourth row has its inner ring); artificial ones are much the same
bundle of strokes in each.

How far to believe them: correlation of the picture's own attribution with that of its photograph,
less that with the other photograph of the unit (0 would be pictures of the unit alone), and what
the weights predict over what the unit does (1 would be a linear network). Natural units are less
active than their weights say, because a bottleneck between 3a and 3b clips. The artificial
pictures hardly depend on the photograph at all. From three units and two photographs each an
interval says little.

| | depends on its photograph | weights over activation |
|---|---|---|
"""

LITE = """
## EfficientNet-Lite0

![Ten pictures: fans of strokes around a bright middle](images/pictures-lite.png)

The ten units of `block9.expand` that are found there. 256 steps.

What to see: an arc or a corner in the middle that points where the angle says, small in a field
that is much larger than GoogLeNet's, with stripes that fan out on the hollow side and scales or
dots on the other. These look more like "a bent edge between two textures" than like curves of one
radius, which agrees with radii from 20 to 240 px that they prefer. Most of the family is near 0°,
90° and 275°.
"""

BESIDE = """
## Beside the article's

The article's pictures are of another training of the same architecture (InceptionV1 rather than
BVLC's GoogLeNet): units cannot be compared one by one, only what kinds of pictures there are.

- *Curves of 3b.* The same subject: one arc with combs across it and something round in its hollow
  at times. The article's arcs run from border to border of the square, in saturated blue, yellow
  and red, with broad stripes on both sides; these are smaller in their square, muted, busier
  beside the arc, and fade into grey. Colours that hardly matter to the unit are not painted as
  strongly here as those that do, and nothing is asked for beyond what the unit in the middle sees.
  The article's are prettier and its curves easier to see.
- *The artificial family.* Much alike: in both, a bundle of parallel black and white arcs on grey.
  The article's are three or four strokes on nearly white with a few blue and yellow specks, since
  its network sees some colour; these are five to eight finer strokes without any, with checkered
  pixels in them that the article's do not have.
- *conv2d1 and conv2d2.* Alike: stripes in a little colour on grey in conv2d1, strokes with teeth
  in conv2d2. The article's conv2d2 has fine ripples up to the border; here pictures end softly in
  grey.
- *3a.* The largest difference. The article's early curves, lines and angles are in glaring colour
  from border to border; these are soft, small and hard to name without being told. In part that is
  because the article shows chosen families and these are the first units of the layer, in part the
  grey around them.
- *Decompositions.* The grids have the article's numbers of cells (5, 9, 11 and 13), its greys and
  its opacity. Its figure is not among the reference figures kept here, so nothing is said by eye.
- *Attribution pictures* are those of "Curve Detectors", which are not among them either. The
  article's saliency lights hardly more than the arc; here light spills onto the even ground beside
  it in half of the photographs.
- *Edits.* The article edits the network and shows how responses turn with orientation, not
  pictures. With early curves alone its units respond more weakly, most of them without an echo;
  here they still draw the arc, and wind it on.
"""


def page(work: Work, cache: Path | None) -> str:
    """Everything, in the order of the page."""
    _, _, family_seconds = families(work)
    layers(work)
    rows, cells, unit_seconds = decompositions(work)
    pairs = attributions(work)
    lite(cache)
    shares = edits(work)
    looked = len(sample_images(work.images, most=_PHOTOGRAPHS))
    threads, cores = torch.get_num_threads(), os.cpu_count()
    alike = [
        f"| {side} | {_shown(dependence(some))} | {_shown(truth(some))} |"
        for side, some in zip(("GoogLeNet", "artificial"), pairs, strict=True)
    ]
    parts = [
        HEAD,
        FAMILY,
        ARTIFICIAL,
        LAYERED,
        DECOMPOSED_TEXT + "\n".join(rows) + "\n",
        EDITED_TEXT + "\n".join(_group(shares)) + "\n" + EDITED_AFTER,
        ATTRIBUTED_TEXT.format(photographs=looked) + "\n".join(alike) + "\n",
        LITE,
        BESIDE,
        f"""
## How fast

Seconds of processor time in this run, on {threads} of a machine's {cores} cores, without the cache:

| | pictures | steps | seconds |
|---|---|---|---|
| the curve family of GoogLeNet | {len(work.family)} | {STEPS} | {family_seconds:.0f} |
| one decomposition over four layers | {cells} | {DECOMPOSED_STEPS} | {unit_seconds:.0f} |

Only the part of the network that the unit depends on is run, on as many pixels as it sees.
Finished pictures are kept in the cache folder: the same `vis` again takes three seconds.
""",
    ]
    return "".join(parts)


def _group(shares: EditedShares) -> list[str]:
    return [
        f"| {g.group} | {len(g.channels)} | {_shown(g.reconstructed.mean())} | "
        f"{_shown(g.reconstructed.control_mean())} | {_shown(g.reconstructed.difference())} | "
        f"{_shown(g.kept.mean())} | {_shown(g.kept.difference())} | "
        + (
            "– | – |"
            if g.photographs is None
            else f"{_shown(g.photographs.mean())} | {_shown(g.photographs.difference())} |"
        )
        for g in shares.groups
    ]


def main() -> None:
    """Make the sheets and print the page."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--weights", type=Path, required=True)
    given.add_argument("--images", type=Path, required=True)
    given.add_argument("--cache", type=Path)
    options = given.parse_args()
    network = load("googlenet", weights=options.weights)
    found = find_curves(network, layer="3b", permutations=1)
    say(found.verdict)
    work = Work(
        network=network,
        found=found,
        matched=match_family(network, found),
        images=options.images,
        cache=options.cache,
    )
    print(page(work, options.cache), end="")


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _shown(found: Interval) -> str:
    if math.isnan(found.value):
        return "–"
    bounds = "" if math.isnan(found.low) else f" [{found.low:.2f}, {found.high:.2f}]"
    return f"{found.value:.2f}{bounds}".replace("-", "−")


if __name__ == "__main__":
    main()
