"""`open_images`: which of the ways to keep photographs a folder follows."""

from collections.abc import Sequence
from pathlib import Path

from curvecircuits.errors import InputError
from curvecircuits.images.classes import TABLE
from curvecircuits.images.image_set import ImageSet, Layout, fingerprint_of, packed
from curvecircuits.images.label_files import LABEL_FILES, classes_by_image
from curvecircuits.images.listing import Listing, list_files
from curvecircuits.images.shards import compressed_name, read_shards, shards_of

_VALID = "a folder of images, or of WebDataset shards, is valid"


def open_images(
    root: str | Path, *, labels: Path | None = None, limit: int | None = None
) -> ImageSet:
    """List the images of a folder or of shards, without decoding any.

    ===========  ====================================================================
    layout       what is there
    ===========  ====================================================================
    ``classes``  images in folders, one a class, and none beside those folders
    ``flat``     any other folder of images, at any depth. `labels.csv`, `labels.txt`
                 or `labels.json` in it or beside it gives the classes, where it names
                 one of the images; without one there are none
    ``shards``   `*.tar` files and no images: WebDataset samples `key.jpg` (jpeg, png,
                 webp, ppm) with `key.cls`, or `key.json` with `wnid`, `cls` or `label`
    ===========  ====================================================================

    Parameters
    ----------
    root
        A folder, a tar file, or `name-{000..012}.tar`.
    labels
        A file with lines of an image's name and its class, or JSON of name → class; the class a
        WNID, words, or the index of a score. It goes before what the layout says.
    limit
        Keep only the first images, in the order of their names.

    Returns
    -------
    ImageSet
        Sorted by name. What is no image by its name is in `skipped`; files with damaged contents
        are only found when they are read.

    Raises
    ------
    InputError
        If there is no such folder or it holds no images; if shards are compressed; if the label
        file cannot be read, names none of the images, or gives one two classes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.jpg").write_bytes(b"...")
    ...     _ = Path(folder, "labels.txt").write_text("a.jpg tench")
    ...     images = open_images(folder)
    >>> images.layout, images.name(0), images.category(0)
    ('flat', 'a.jpg', 'tench')

    """
    root = Path(root)
    if limit is not None and limit < 1:
        raise InputError(f"A limit of {limit} images is none; at least 1 is valid.")
    shards = None if root.exists() else shards_of(root)
    if root.is_file():
        if compressed_name(root.name):
            raise _compressed(root)
        if root.suffix.lower() != ".tar":
            raise InputError(f"{root} is a file; {_VALID}.")
        shards = [root]
    if shards is not None:
        return _from_shards(root, root.parent, shards, Listing(), labels, limit)
    try:
        own = () if labels is None else (labels.name,) if labels.parent == root else ()
        found = list_files(root, but=frozenset((*LABEL_FILES, TABLE, *own)))
    except OSError as error:
        raise InputError(
            f"{root} cannot be listed ({error.strerror or type(error).__name__}); {_VALID}."
        ) from None
    if not found.names:
        direct = sorted(name for name in found.skipped if "/" not in name)
        tars = [name for name in direct if name.lower().endswith(".tar")]
        for name in tars:
            del found.skipped[name]
        if tars:
            return _from_shards(root, root, [root / name for name in tars], found, labels, limit)
        if packs := [name for name in direct if compressed_name(name)]:
            raise _compressed(root / packs[0])
    return _from_files(root, found, labels, limit)


def _from_files(root: Path, found: Listing, labels: Path | None, limit: int | None) -> ImageSet:
    names = found.names
    given = _labelled(root, names, labels, found.skipped)
    layout: Layout = "flat"
    categories: list[str | None] = [None] * len(names)
    classes: set[str] = set()
    depths = {name.count("/") for name in names}
    if given is not None:
        for index, label in given.items():
            categories[index] = label
        classes.update(given.values())
    elif 1 in depths and 0 not in depths:
        layout = "classes"
        categories = [name.partition("/")[0] for name in names]
        classes.update(found.folders)
    return _made(
        root,
        root,
        layout,
        names,
        found.sizes,
        categories,
        classes=sorted(classes),
        skipped=found.skipped,
        limit=limit,
    )


def _from_shards(
    root: Path,
    folder: Path,
    shards: list[Path],
    listed: Listing,
    labels: Path | None,
    limit: int | None,
) -> ImageSet:
    samples = read_shards(shards)
    given = _labelled(folder, samples.names, labels, {}) if labels is not None else None
    for index, label in (given or {}).items():
        samples.classes[index] = label
    return _made(
        root,
        folder,
        "shards",
        samples.names,
        samples.sizes,
        samples.classes,
        classes=sorted({label for label in samples.classes if label is not None}),
        skipped=listed.skipped | samples.skipped,
        limit=limit,
        starts=samples.starts,
    )


def _labelled(
    root: Path, names: Sequence[str], labels: Path | None, skipped: dict[str, str]
) -> dict[int, str] | None:
    """Classes by image from the label file given, or from one that is there and names images."""
    name = root.resolve().name
    if labels is not None:
        given = classes_by_image(labels, names, folder=name)
        if names and not given:
            raise InputError(
                f"{labels} names none of the images of {root}; names relative to it are valid."
            )
        return given
    for folder in (root, root.resolve().parent):
        for file in LABEL_FILES:
            if not (folder / file).is_file():
                continue
            if given := classes_by_image(folder / file, names, folder=name):
                return given
            if folder == root:
                skipped[file] = "a label file that names none of the images"
    return None


def _made(
    root: Path,
    folder: Path,
    layout: Layout,
    names: Sequence[str],
    sizes: Sequence[int],
    categories: Sequence[str | None],
    *,
    classes: Sequence[str],
    skipped: dict[str, str],
    limit: int | None,
    starts: Sequence[int] | None = None,
) -> ImageSet:
    if not names:
        raise InputError(f"{root} holds no images; {_VALID}.")
    order = sorted(range(len(names)), key=names.__getitem__)[:limit]
    names = [names[k] for k in order]
    sizes = [sizes[k] for k in order]
    categories = [categories[k] for k in order]
    return ImageSet(
        root=root,
        folder=folder,
        layout=layout,
        classes=tuple(classes),
        skipped=dict(sorted(skipped.items())),
        fingerprint=fingerprint_of(names, sizes, categories),
        rows=packed(
            names,
            sizes,
            categories,
            classes=classes,
            starts=None if starts is None else [starts[k] for k in order],
        ),
    )


def _compressed(path: Path) -> InputError:
    return InputError(f"{path} is compressed; an uncompressed tar file is valid.")
