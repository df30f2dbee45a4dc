"""The command `vis`: feature visualizations of units, or of the whole curve family."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.folders import check_folder, file_names
from curvecircuits.cli.found import family_of, found_family
from curvecircuits.cli.options import Count, Json, Kept, Seed, Source, kept_in, opened, watched
from curvecircuits.cli.tables import print_json, print_table, print_written
from curvecircuits.errors import InputError

_Flag = Annotated[bool, Parameter(negative="")]

_RECORD, _SHEET = "pictures.json", "sheet.png"
_COLUMNS = 8


def vis(
    units: tuple[str, ...] = (),
    /,
    *,
    source: Source,
    out: Path = Path("pictures"),
    steps: Count = 256,
    each: Count = 1,
    channel: _Flag = False,
    negative: _Flag = False,
    grey: _Flag = False,
    alpha: _Flag = False,
    side: Annotated[int | None, Parameter(validator=Number(gte=1, lte=4096))] = None,
    edits: Path | None = None,
    layer: str | None = None,
    paired: bool | None = None,
    batch: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    cache: Kept = True,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Make pictures that raise what units respond to: feature visualization.

    Of each unit a PNG file that carries its parameters, and all of them on one sheet. Without
    units, the curve family that `find` prints, and beside it the artificial family of the same
    orientations. What is finished is written at once, so that an interrupt loses nothing.

    For example:

        curvecircuits vis 3b:358 3a:84 --model googlenet --out pictures

        curvecircuits vis 3b:358 --model googlenet --each 4 --side 512

        curvecircuits vis --model efficientnet_lite0 --out family

    Parameters
    ----------
    units
        Units such as 3b:379, or directions over a layer's channels, as `layer@file.npy`.
    out
        A folder for the pictures, `sheet.png` and `pictures.json`.
    steps
        Of the ascent.
    each
        Pictures of each unit, from different noise.
    channel
        Raise a channel everywhere rather than one unit in the middle.
    negative
        Lower instead of raise.
    grey
        Shades of grey only.
    alpha
        With opacity: only what the unit asks for is shown.
    side
        Enlarge every picture to so many pixels; by default one pixel is one of the network's.
    edits
        Edits of the network, as `edits_to_json` writes them, that it is seen under.
    layer
        Without units: search this layer only for the family.
    paired
        Whether to show the artificial units of the family beside the natural ones.
    batch
        Pictures climbed together.

    """
    from curvecircuits.models.address import parse_address

    if units and (paired is not None or layer is not None):
        raise InputError(
            "--paired and --layer are for the family that is found: leave them out, or the units."
        )
    if not units and (channel or negative):
        raise InputError("--channel and --negative are for units: name some, such as 3b:358.")
    addresses = [parse_address(text) for text in units]
    check_folder(out)
    network = opened(source)
    from curvecircuits.visualize import Look, Objective, picture_sheet, pictures_made

    options: dict[str, Any] = {
        "steps": steps,
        "look": Look(grey=grey, alpha=alpha),
        "batch": batch,
        "cache": kept_in(cache),
        "progress": watched(),
    }
    album = _Album(out, side=side)
    with _under(network, edits):
        if not addresses:
            _families(network, layer, album, options, seed=seed, paired=paired is not False)
        else:
            ask = Objective.channel if channel else Objective.unit
            asked = [-ask(a) if negative else ask(a) for a in addresses]
            names = file_names([objective.name for objective in asked])
            if each > 1:
                names = [f"{name}-{k + 1}" for name in names for k in range(each)]
            for place, picture in pictures_made(network, asked, each=each, seed=seed, **options):
                album.add(place, names[place], picture)
            # A row ends where a unit's pictures do.
            columns = each * (_COLUMNS // each) or _COLUMNS
            sheet = picture_sheet(album.pictures, title=network.name, columns=columns)
            album.sheet(_SHEET, sheet)
    records = album.end()
    if json:
        print_json(records)
        return
    print_table(
        ["picture", "file", "activation", "pixels", "sees"],
        [[r["objective"], r["file"], r["activation"], r["side"], r["field"][0]] for r in records],
    )
    print_written(out, network)


class _Album:
    """The folder: pictures as they come, sheets, and a list of all in the order asked for."""

    def __init__(self, folder: Path, *, side: int | None) -> None:
        self._folder, self._side = folder, side
        self._held: dict[int, tuple[str, Any]] = {}

    @property
    def pictures(self) -> list[Any]:
        """Those that are finished, in the order asked for."""
        return [self._held[place][1] for place in sorted(self._held)]

    def add(self, place: int, name: str, picture: Any) -> None:
        """Write a picture as soon as it is finished."""
        picture.save(self._folder / f"{name}.png", side=self._side)
        self._held[place] = (name, picture)

    def sheet(self, name: str, sheet: Any) -> None:
        from curvecircuits.store import write_atomic
        from curvecircuits.visualize import png

        write_atomic(self._folder / name, png(sheet))

    def end(self) -> list[dict[str, Any]]:
        """Write and return what is recorded of all."""
        from curvecircuits.store import dump, json_text, write_atomic

        records = [
            {"file": f"{name}.png", "side": max(picture.image.shape[1:]), **dump(picture.made)}
            for _, (name, picture) in sorted(self._held.items(), key=lambda held: held[0])
        ]
        write_atomic(self._folder / _RECORD, json_text(records))
        return records


def _families(
    network: Any,
    layer: str | None,
    album: _Album,
    options: dict[str, Any],
    *,
    seed: int,
    paired: bool,
) -> None:
    """Pictures of the family that is found, and of the artificial one with its orientations."""
    from curvecircuits.compare import match_family
    from curvecircuits.visualize import family_pictures

    found = found_family(network, layer, seed=seed)
    own = family_of(found, found.layer, [u.channel for u in found.units])
    sides = [(_SHEET, network, own, [u.sign for u in found.units])]
    if paired:
        # Before the first picture: a family that none can be matched to is refused at once.
        side = match_family(network, found, seed=seed).artificial
        other = family_of(found, side.layer, side.channels)
        sides.append((f"artificial-{_SHEET}", side.network, other, [1] * len(other)))
    ordered = [family.sorted().units for _, _, family, _ in sides]
    befores = ("", "artificial-")
    names = file_names(
        [f"{b}{unit}" for b, units in zip(befores, ordered, strict=False) for unit in units]
    )
    for number, (sheet, model, family, signs) in enumerate(sides):
        first = sum(map(len, ordered[:number]))
        places = {str(unit): first + k for k, unit in enumerate(ordered[number])}

        def made(picture: Any, places: dict[str, int] = places) -> None:
            place = places[picture.made.objective.removeprefix("-")]
            album.add(place, names[place], picture)

        shown = family_pictures(model, family, signs=signs, seed=seed, made=made, **options)
        album.sheet(sheet, shown.sheet())


def _under(network: Any, edits: Path | None) -> Any:
    from contextlib import nullcontext

    if edits is None:
        return nullcontext()
    from curvecircuits.models.edit import edit
    from curvecircuits.models.edit_json import edits_from_json

    try:
        text = edits.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(
            f"{edits} cannot be read ({reason}): give a file of edits as JSON."
        ) from None
    return edit(network, *edits_from_json(text))
