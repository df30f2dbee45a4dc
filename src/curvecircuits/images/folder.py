"""Folders of labelled photographs, one folder a class."""

from dataclasses import dataclass
from pathlib import Path

from curvecircuits.errors import InputError
from curvecircuits.images.chunks import evenly
from curvecircuits.images.classes import TABLE, read_table
from curvecircuits.images.decode import SUFFIXES


@dataclass(frozen=True, kw_only=True)
class LabelledImage:
    """An image file and its class."""

    path: Path
    wnid: str
    """The name of its folder, such as n01440764."""
    index: int
    """Of the class, among the network's scores."""
    label: str
    """The class in words; its WNID where those are not known."""


@dataclass(frozen=True, kw_only=True)
class ImageFolder:
    """The image files of a folder, sorted by path, and the number of classes there are."""

    root: Path
    classes: int
    images: tuple[LabelledImage, ...]

    def __len__(self) -> int:
        return len(self.images)


def read_folder(root: str | Path) -> ImageFolder:
    """List the images of `root/WNID/*`.

    A file `classes.json` beside `root`, WNID → [index, words], says which score belongs to a
    class. Without one, classes are numbered in the order of their names, which is right only where
    every class has its folder.

    Parameters
    ----------
    root
        A folder with one folder a class.

    Raises
    ------
    InputError
        If there is no such folder, it holds no images, or `classes.json` cannot be used.

    """
    root = Path(root)
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir())
        files = {
            folder.name: sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
            for folder in folders
        }
    except OSError as error:
        raise InputError(
            f"{root} cannot be listed ({error.strerror}); a folder of images by class is valid."
        ) from None
    files = {name: paths for name, paths in files.items() if paths}
    if not files:
        raise InputError(f"{root} holds no images; WNID/NAME.JPEG inside it is valid.")
    table = root.resolve().parent / TABLE
    if table.is_file():
        known = read_table(table)
        if strange := sorted(files.keys() - known.keys()):
            raise InputError(f"{root} has a folder {strange[0]}, which is no class of {table}.")
    else:
        known = {name: (index, name) for index, name in enumerate(files)}
    return ImageFolder(
        root=root,
        classes=len(known),
        images=tuple(
            LabelledImage(path=path, wnid=name, index=known[name][0], label=known[name][1])
            for name, paths in files.items()
            for path in paths
        ),
    )


def sample_images(root: str | Path, *, most: int = 250) -> tuple[Path, ...]:
    """Image files below a folder, at any depth, evenly spread over their sorted paths.

    Parameters
    ----------
    most
        How many at most.

    Raises
    ------
    InputError
        If there is no such folder, or it holds no images.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is no folder; a folder of images is valid.")
    found = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise InputError(
            f"{root} holds no images; files that end in {', '.join(sorted(SUFFIXES))} are valid."
        )
    return tuple(found[k] for k in evenly(len(found), most))
