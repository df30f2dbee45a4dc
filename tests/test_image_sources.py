import csv
import io
import json
import logging
import os
import pickle
import re
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

import curvecircuits as cc
from curvecircuits.errors import InputError
from curvecircuits.images import (
    Framing,
    ImageSet,
    accuracy,
    framing_for,
    imagenet_classes,
    label_indices,
    load_batch,
    load_image,
    open_images,
    read_folder,
)
from curvecircuits.images.classes import LABEL_MEMBER
from curvecircuits.images.decode import UndecodableError, decode
from curvecircuits.models.layer import Provenance
from curvecircuits.models.readers import sha256_of

WHOLE = Framing(kind="crop", resize=8, size=8)
LEFT, RIGHT = (220, 60, 30), (20, 90, 200)


def picture(size: tuple[int, int] = (48, 32)) -> Image.Image:
    """Two colours side by side."""
    image = Image.new("RGB", size, LEFT)
    image.paste(RIGHT, (size[0] // 2, 0, *size))
    return image


def noisy(seed: int = 0, side: int = 64) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def written(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def names_of(images: ImageSet) -> list[str]:
    return [images.name(k) for k in range(len(images))]


def classes_of(images: ImageSet) -> list[str | None]:
    return [images.category(k) for k in range(len(images))]


PNG = encoded(picture(), "PNG")


# -- decoding ----------------------------------------------------------------------------------


def animated() -> list[Image.Image]:
    return [picture(), Image.new("RGB", (48, 32), (0, 255, 0))]


def deep() -> Image.Image:
    return Image.fromarray(np.asarray(picture().convert("L")).astype(np.uint16) * 257)


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


COLOUR = [
    ("jpg", lambda: encoded(picture(), "JPEG", quality=95)),
    ("jpg", lambda: encoded(picture(), "JPEG", quality=95, progressive=True)),
    ("JPEG", lambda: encoded(picture(), "JPEG", quality=95, exif=turned())),
    ("jpeg", lambda: encoded(picture(), "JPEG", quality=95) + bytes(100)),
    ("JPEG", lambda: encoded(picture(), "PNG")),
    ("png", lambda: encoded(picture(), "PNG")),
    ("png", lambda: encoded(picture().convert("P"), "PNG")),
    ("png", lambda: encoded(picture().convert("RGBA"), "PNG")),
    ("png", lambda: encoded(picture(), "PNG", save_all=True, append_images=animated()[1:])),
    ("gif", lambda: encoded(picture(), "GIF")),
    ("gif", lambda: encoded(picture(), "GIF", save_all=True, append_images=animated()[1:])),
    ("webp", lambda: encoded(picture(), "WEBP", lossless=True)),
    ("webp", lambda: encoded(picture(), "WEBP", lossless=True, save_all=True)),
    ("bmp", lambda: encoded(picture(), "BMP")),
    ("tif", lambda: encoded(picture(), "TIFF")),
    ("tiff", lambda: encoded(picture(), "TIFF", compression="tiff_lzw")),
    ("ppm", lambda: encoded(picture(), "PPM")),
]
"""Of all these the colours are those of `picture`."""

GREY = [
    ("jpg", lambda: encoded(picture().convert("L"), "JPEG", quality=95)),
    ("png", lambda: encoded(picture().convert("L"), "PNG")),
    ("png", lambda: encoded(picture().convert("LA"), "PNG")),
    ("png", lambda: encoded(deep(), "PNG")),
    ("tif", lambda: encoded(deep(), "TIFF")),
]

JPEG = encoded(noisy(), "JPEG")


def stretched(side: int) -> bytes:
    """A PNG whose header claims a size it does not have."""
    data = bytearray(encoded(picture(), "PNG"))
    data[16:24] = side.to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


DAMAGED: list[tuple[str, str, Callable[[int], bytes]]] = [
    ("jpg", "the file is empty", lambda _: b""),
    ("png", "nothing but zeros", lambda k: bytes(100 + k)),
    ("JPEG", "no image format", lambda k: b"<html>not found</html>" * (k + 1)),
    ("jpg", "truncated: the data ends early", lambda k: JPEG[: len(JPEG) * (k + 5) // 20]),
    ("jpg", "rest of the file is zeros", lambda k: JPEG[:-1000] + bytes(1000 + k)),
    ("png", "truncated", lambda k: encoded(noisy(k), "PNG")[: 3000 + k]),
    ("webp", "truncated", lambda k: encoded(noisy(k), "WEBP")[: -100 - k]),
    ("jpg", "header cannot be read", lambda k: JPEG[:9] + bytes([k]) * 60),
    ("png", "has 8[0-9]+ pixels, more than", lambda k: stretched(90_000 + k)),
    ("png", r"1 × 1 pixels show nothing; at least 2 × 2", lambda k: encoded(noisy(k, 1), "PNG")),
    ("gif", "are a stripe", lambda k: encoded(picture((400 + k, 4)), "GIF")),
    ("png", "damaged", lambda _: PNG[:60] + bytes(20) + PNG[80:]),
]


def test_colours_survive_every_format(tmp_path: Path) -> None:
    for group in (COLOUR, GREY):
        for number, (suffix, make) in enumerate(group):
            path = tmp_path / f"{number}.{suffix}"
            path.write_bytes(make())
            pixels = load_image(path, framing=WHOLE)
            for column, colour in ((0, LEFT), (7, RIGHT)):
                if group is GREY:
                    level = Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
                    wanted = torch.tensor([level] * 3)
                else:
                    wanted = torch.tensor(colour)
                found = pixels[:, 4, column] * 255
                # The web palette of mode P has steps of 51.
                assert (found - wanted).abs().max() < (27 if number == 6 else 6), (number, suffix)


def test_one_bit_and_inverted_ink_have_their_colours() -> None:
    bits = Image.new("1", (8, 8), 0)
    bits.paste(1, (4, 0, 8, 8))
    assert np.asarray(decode(encoded(bits, "PNG")))[0, :, 0].tolist() == [0] * 4 + [255] * 4
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert b"Adobe" in data  # by which inks are stored inverted
    assert np.asarray(decode(data))[8, 8].tolist() == pytest.approx([255, 0, 0], abs=3)


def test_the_smallest_and_longest_that_are_valid() -> None:
    for shape in ((2, 2), (2, 100), (150, 3)):
        assert decode(encoded(picture(shape), "PNG")).size == shape
    for shape, said in (((2, 1), "show nothing"), ((2, 101), "stripe"), ((151, 3), "stripe")):
        with pytest.raises(UndecodableError, match=said):
            decode(encoded(picture(shape), "PNG"))


def test_a_hundred_damaged_files_among_two_hundred(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good: dict[str, bytes] = {}
    for number, (suffix, make) in islice(enumerate(cycle([*COLOUR, *GREY])), 200):
        good[f"good{number:03}.{suffix}"] = make()
    bad: dict[str, bytes] = {}
    said: dict[str, str] = {}
    for number, (k, (suffix, reason, make)) in enumerate(islice(product(range(9), DAMAGED), 100)):
        name = f"bad{number:03}.{suffix}"
        bad[name], said[name] = make(k), reason
    images = open_images(written(tmp_path, good | bad))
    assert len(images) == 300
    read: set[str] = set()
    reasons: dict[str, str] = {}
    for start in range(0, 300, 32):
        indices = range(start, min(start + 32, 300))
        batch = load_batch(images, indices, framing=WHOLE)
        for row, index in enumerate(indices):
            if batch.read[row]:
                read.add(images.name(index))
            else:
                reasons[images.name(index)] = batch.reasons[index]
                assert (batch.pixels[row] == 0.5).all()
    assert read == good.keys()
    assert reasons.keys() == bad.keys()
    for name, reason in reasons.items():
        assert re.search(said[name], reason), (name, reason)
        assert not reason.endswith(".")
    assert capfd.readouterr() == ("", "")


def test_libtiff_says_nothing_past_python(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(encoded(noisy(), "TIFF", compression="tiff_lzw"))
    data[2000:6000] = bytes(4000)
    with pytest.raises(UndecodableError, match="damaged"):
        decode(bytes(data))
    os.write(2, b"still there")
    assert capfd.readouterr() == ("", "still there")


def test_threads_leave_warnings_and_loggers_as_they_were() -> None:
    before = list(warnings.filters), logging.getLogger("PIL").level
    odd = encoded(noisy(side=300), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        for image in pool.map(decode, [odd] * 200):
            assert image.size == (300, 300)
    assert (list(warnings.filters), logging.getLogger("PIL").level) == before


_SMALL = {
    "jpeg": encoded(noisy(side=24), "JPEG"),
    "progressive": encoded(noisy(side=24), "JPEG", progressive=True),
    "png": encoded(noisy(side=24), "PNG"),
    "gif": encoded(noisy(side=24), "GIF"),
    "webp": encoded(noisy(side=24), "WEBP"),
    "tiff": encoded(noisy(side=24), "TIFF", compression="tiff_lzw"),
}


@settings(max_examples=300)
@given(
    kind=st.sampled_from(sorted(_SMALL)),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), max_size=8),
)
def test_cuts_and_flips_never_raise_anything_else(
    kind: str, cut: float, flips: list[tuple[float, int]]
) -> None:
    data = bytearray(_SMALL[kind])
    del data[round(cut * len(data)) :]
    for place, bit in flips if data else ():
        data[int(place * len(data))] ^= 1 << bit
    try:
        found = decode(bytes(data))
    except UndecodableError as error:
        assert str(error)  # noqa: PT017
    else:
        assert found.mode == "RGB"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize("kind", sorted(_SMALL))
def test_what_is_cut_short_is_never_half_an_image(kind: str, share: float) -> None:
    data = _SMALL[kind]
    with pytest.raises(UndecodableError, match=r"truncated|damaged"):
        decode(data[: int(share * len(data))])


# -- layouts -----------------------------------------------------------------------------------


def test_folders_are_classes(tmp_path: Path) -> None:
    root = written(
        tmp_path / "images",
        {
            "n2/b.JPEG": PNG,
            "n1/a.png": b"",
            "n1/deeper/c.png": PNG,
            "n1/.hidden.png": PNG,
            "n1/notes.txt": b"...",
            "README.md": b"...",
            "classes.json": b"{}",
        },
    )
    (root / "n3").mkdir()
    images = open_images(root)
    assert images.layout == "classes"
    assert names_of(images) == ["n1/a.png", "n1/deeper/c.png", "n2/b.JPEG"]
    assert classes_of(images) == ["n1", "n1", "n2"]
    assert images.classes == ("n1", "n2", "n3")
    assert images.read(2) == PNG
    assert images.size(0) == 0
    assert images.skipped.keys() == {"n1/notes.txt", "README.md"}


def test_odd_entries_are_told(tmp_path: Path) -> None:
    root = written(tmp_path / "root", {"a.png": PNG, "sub/b.png": PNG})
    outside = written(tmp_path / "outside", {"far.png": PNG, "more/c.png": PNG})
    (root / "folder.jpg").mkdir()
    (root / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (root / "link.png").symlink_to(outside / "far.png")
    (root / "linked").symlink_to(outside / "more")
    (root / "sub" / "again").symlink_to(root)
    (root / "round.png").symlink_to(root / "round.png")
    os.mkfifo(root / "pipe.png")
    images = open_images(root)
    assert images.layout == "flat"
    assert names_of(images) == ["a.png", "link.png", "linked/c.png", "sub/b.png"]
    assert classes_of(images) == [None] * 4
    assert images.skipped == {
        "folder.jpg": "a folder, not an image",
        "gone.jpg": "a link to nothing",
        "pipe.png": "no regular file",
        "round.png": "cannot be opened: Too many levels of symbolic links",
        "sub/again": "a link to a folder that it lies in",
    }
    assert load_batch(images, range(4), framing=WHOLE).read.all()
    (outside / "far.png").unlink()
    batch = load_batch(images, [3, 1], framing=WHOLE)
    assert batch.read.tolist() == [True, False]
    assert batch.reasons == {1: "cannot be opened: No such file or directory"}


def test_names_that_are_no_text_are_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(PNG)
    images = pickle.loads(pickle.dumps(open_images(tmp_path)))
    assert os.fsencode(images.name(0)) == b"caf\xe9.png"
    assert images.read(0) == PNG


LINES = {"my cat, 2.png": "n02123045", "a.png": "tench, Tinca tinca", "sub/b.png": "281"}


@pytest.mark.parametrize("separator", ["\t", ",", " ", " , "])
def test_label_files_in_any_separator(tmp_path: Path, separator: str) -> None:
    root = written(tmp_path / "root", dict.fromkeys([*LINES, "c.png"], PNG))
    lines = ["image" + separator + "class", *(f"{n}{separator}{c}" for n, c in LINES.items())]
    (root / "labels.txt").write_text("\r\n".join(lines) + "\r\n\r\n")
    images = open_images(root)
    assert images.layout == "flat"
    assert dict(zip(names_of(images), classes_of(images), strict=True)) == LINES | {"c.png": None}
    assert images.skipped == {}


def test_label_files_as_tables_and_as_json(tmp_path: Path) -> None:
    root = written(tmp_path / "root", dict.fromkeys(LINES, PNG))
    wanted = LINES
    with (tmp_path / "labels.csv").open("w", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([["file", "class"], *LINES.items()])
    assert dict(zip(*(f(open_images(root)) for f in (names_of, classes_of)), strict=True)) == wanted
    (tmp_path / "labels.csv").unlink()
    assert classes_of(open_images(root)) == [None] * 3
    given = tmp_path / "mine.json"
    given.write_text(json.dumps({"root/a.png": 7, "my cat, 2": "x", "./sub/b.png": "y"}))
    images = open_images(root, labels=given)
    assert dict(zip(*(f(images) for f in (names_of, classes_of)), strict=True)) == {
        "a.png": "7",
        "my cat, 2.png": "x",
        "sub/b.png": "y",
    }


def test_a_list_of_classes_is_no_label_file(tmp_path: Path) -> None:
    root = written(tmp_path / "root", {"n1/a.png": PNG, "n2/b.png": PNG})
    (tmp_path / "labels.txt").write_text("n1 cat\nn2 dog\n")
    (root / "labels.txt").write_text("n1 cat\nn2 dog\n")
    images = open_images(root)
    assert images.layout == "classes"
    assert images.skipped == {"labels.txt": "a label file that names none of the images"}
    with pytest.raises(InputError, match="names none of the images"):
        open_images(root, labels=tmp_path / "labels.txt")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("l.txt", "a.png 1\na.png 2\n", "gives a.png two classes, 1 and 2"),
        ("l.json", "{", "is no JSON"),
        ("none.txt", None, "cannot be read"),
    ],
)
def test_bad_label_files_are_refused(
    tmp_path: Path, name: str, text: str | None, said: str
) -> None:
    root = written(tmp_path / "root", {"a.png": PNG})
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        open_images(root, labels=tmp_path / name)


def packed_tar(path: Path, members: Mapping[str, bytes], **options: Any) -> Path:
    with tarfile.open(path, options.pop("mode", "w"), **options) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


FIRST = {
    "x/0001.cls": b"7\n",
    "x/0001.jpg": JPEG,
    "0002.png": PNG,
    "0002.json": b'{"label": "tench", "wnid": "n01440764"}',
    "0003.jpg": b"",
    "0003.json": b"{",
    "0004.mask.png": PNG,
    "0004.txt": b"a caption",
    "long" * 60 + ".png": PNG,
}


def test_shards_are_read_by_seeking(tmp_path: Path) -> None:
    packed_tar(tmp_path / "s-00.tar", FIRST)
    packed_tar(tmp_path / "s-01.tar", {"./a.ppm": encoded(picture(), "PPM"), "a.cls": b"cat"})
    images = open_images(tmp_path)
    assert images.layout == "shards"
    assert dict(zip(names_of(images), classes_of(images), strict=True)) == {
        "s-00.tar/0002.png": "n01440764",
        "s-00.tar/0003.jpg": None,
        f"s-00.tar/{'long' * 60}.png": None,
        "s-00.tar/x/0001.jpg": "7",
        "s-01.tar/a.ppm": "cat",
    }
    assert images.skipped == {
        "s-00.tar/0004.mask.png": "not the sample's image, but its mask.png",
    }
    sent = pickle.loads(pickle.dumps(images))
    assert [sent.read(k) for k in (0, 2, 3)] == [PNG, PNG, JPEG]
    batch = load_batch(sent, range(5), framing=WHOLE)
    assert batch.reasons == {1: "the file is empty"}
    torch.testing.assert_close(batch.pixels[0], batch.pixels[4])
    assert names_of(open_images(tmp_path / "s-01.tar")) == ["s-01.tar/a.ppm"]
    some = open_images(tmp_path / "s-{00..02}.tar")
    assert names_of(some) == names_of(images)
    assert some.skipped["s-02.tar"] == "cannot be opened: No such file or directory"


def test_damaged_shards_give_what_they_can(tmp_path: Path) -> None:
    whole = packed_tar(tmp_path / "a.tar", {f"{k}.png": encoded(noisy(k), "PNG") for k in range(9)})
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    (tmp_path / "b.tar").write_bytes(b"no tar at all" * 100)
    (tmp_path / "c.tar").touch()
    images = open_images(tmp_path)
    assert 2 <= len(images) <= 4
    assert load_batch(images, range(len(images)), framing=WHOLE).read.all()
    cut = f"a.tar/{len(images)}.png"
    assert images.skipped == {
        "a.tar": "damaged or cut short; what comes before is used",
        cut: "truncated: the shard ends early",
        "b.tar": "no tar file that can be read",
        "c.tar": "the file is empty",
    }


def test_compressed_shards_are_refused(tmp_path: Path) -> None:
    hidden = packed_tar(tmp_path / "s.tar", FIRST, mode="w:gz")
    named = packed_tar(tmp_path / "s.tar.gz", FIRST, mode="w:gz")
    for root in (hidden, named, tmp_path):
        with pytest.raises(InputError, match="is compressed; an uncompressed tar file is valid"):
            open_images(root)
    hidden.unlink()
    with pytest.raises(InputError, match="is compressed"):
        open_images(tmp_path)


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("none", "cannot be listed"),
        ("empty", "holds no images"),
        ("file.txt", "is a file"),
        ("none-{0..2}.tar", "holds no images"),
        ("none-{5..2}.tar", "names no shards"),
        ("none-{0..9999999999}.tar", "or too many"),
        ("{0..2}/none.tar", "folder's name"),
    ],
)
def test_nothing_to_open_is_refused(tmp_path: Path, root: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    with pytest.raises(InputError, match=f"{said}.* valid"):
        open_images(tmp_path / root)


def test_a_fingerprint_tells_names_sizes_and_classes(tmp_path: Path) -> None:
    def opened(name: str, files: Mapping[str, bytes], **options: Any) -> ImageSet:
        return open_images(written(tmp_path / name, files), **options)

    files = {f"n{k}/{k}.png": bytes(k + 1) for k in range(5)}
    first = opened("first", files)
    assert opened("other", dict(reversed(files.items()))).fingerprint == first.fingerprint
    assert opened("first", files, limit=5).fingerprint == first.fingerprint
    few = opened("first", files, limit=3)
    assert names_of(few) == names_of(first)[:3]
    assert few.classes == first.classes
    different = {
        first.fingerprint,
        few.fingerprint,
        opened("size", files | {"n1/1.png": b"longer"}).fingerprint,
        opened("name", files | {"n1/2.png": b""}).fingerprint,
        opened("class", files | {"labels.txt": b"n1/1.png x"}).fingerprint,
    }
    assert len(different) == 5
    with pytest.raises(InputError, match="at least 1"):
        open_images(tmp_path / "first", limit=0)


def test_an_image_takes_few_bytes(tmp_path: Path) -> None:
    count = 2000
    packed_tar(tmp_path / "s.tar", {f"n01440764_{k:07}.jpg": b"" for k in range(count)})
    assert len(pickle.dumps(open_images(tmp_path))) < 100 * count


def test_there_is_no_image_past_the_end(tmp_path: Path) -> None:
    images = open_images(written(tmp_path, {"a.png": PNG}))
    for wrong in (-1, 1):
        with pytest.raises(InputError, match="0 to 0 are valid"):
            load_batch(images, [wrong], framing=WHOLE)


# -- labels ------------------------------------------------------------------------------------


def classifier(scores: int) -> cc.Network:
    module = nn.Sequential(nn.Conv2d(3, scores, 8), nn.Flatten())
    return cc.wrap(module, input_size=8, logits="1")


def flat(tmp_path: Path, classes: list[str]) -> ImageSet:
    files = {f"{k:03}.png": PNG for k in range(len(classes))}
    lines = [f"{name}\t{label}" for name, label in zip(files, classes, strict=True)]
    return open_images(
        written(tmp_path / "flat", files | {"labels.txt": "\n".join(lines).encode()})
    )


def test_the_standard_order_by_wnid_words_and_number(tmp_path: Path) -> None:
    said = ["n01440764", "TENCH", "goldfish, Carassius auratus", "crane", "n02012849", "n03126707"]
    images = flat(tmp_path, [*said, "999", "1000", "unicorn", "maillot"])
    found = label_indices(classifier(1000), images)
    assert found.indices.tolist() == [0, 0, 1, -1, 134, 517, 999, -1, -1, -1]
    assert sum(found.missing.values()) == 4
    assert found.missing["its class fits several scores"] == 2
    assert found.missing["its class is none of the network's"] == 1
    assert found.source == "the standard order of ImageNet"


def test_images_without_a_class_have_no_index(tmp_path: Path) -> None:
    images = open_images(written(tmp_path, {"a.png": PNG, "b.png": PNG}))
    found = label_indices(classifier(4), images)
    assert found.indices.tolist() == [-1, -1]
    assert found.missing == {"it has no class": 2}
    assert label_indices(classifier(4), images, labels=["3", "4"]).indices.tolist() == [3, -1]
    with pytest.raises(InputError, match="2 images and 1 labels"):
        label_indices(classifier(4), images, labels=["3"])
    with pytest.raises(InputError, match="scores 4 classes and nothing says which"):
        label_indices(classifier(4), images, labels=["cat", "3"])


def test_folders_number_the_classes_only_if_all_are_there(tmp_path: Path) -> None:
    root = written(tmp_path / "root", {"cat/a.png": PNG, "dog/b.png": PNG})
    images = open_images(root)
    assert label_indices(classifier(2), images).indices.tolist() == [0, 1]
    with pytest.raises(InputError, match=r"scores 3 classes and .*root has 2; give a file"):
        label_indices(classifier(3), images)
    (tmp_path / "classes.json").write_text('{"dog": [0, "dog"], "cat": [1, "cat"]}')
    found = label_indices(classifier(2), images)
    assert found.indices.tolist() == [1, 0]
    assert found.source.endswith("classes.json")
    with pytest.raises(InputError, match=r"classes\.json has 2"):
        label_indices(classifier(3), images)


def test_an_order_of_words_never_guesses(tmp_path: Path) -> None:
    order = tmp_path / "order.txt"
    order.write_text("dummy\ncrane\nTench, Tinca tinca\nn01443537\ncrane\nstingray\n")
    classes = ["n01440764", "n01443537", "n02012849", "goldfish", "stingray", "crane", "n01484850"]
    images = flat(tmp_path, classes)
    for scores in (6, 8):  # the scores past its end have no class
        found = label_indices(classifier(scores), images, order=order)
        assert found.indices.tolist() == [2, 3, -1, 3, 5, -1, -1]
        assert found.missing == {
            "its class fits several scores": 2,
            "its class is none of the network's": 1,
        }
    order.write_text("crane\ntench\n")
    # One line for two classes of that name: which it means is not known.
    assert label_indices(classifier(2), images, order=order).missing == {
        "its class fits several scores": 2,
        "its class is none of the network's": 4,
    }
    order.write_text("tench\ngoldfish\n")
    for scores in (1, 3):
        with pytest.raises(InputError, match="has 2 lines"):
            label_indices(classifier(scores), images, order=order)
    with pytest.raises(InputError, match="cannot be read"):
        label_indices(classifier(2), images, order=tmp_path / "none.txt")
    order.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is no list of classes"):
        label_indices(classifier(2), images, order=order)


def test_the_list_of_inception_v1_is_found_in_its_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURVECIRCUITS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CURVECIRCUITS_WEIGHTS", raising=False)
    network = classifier(1008)
    network.name = "inception_v1"
    images = flat(tmp_path, ["n01440764", "n02012849", "tench"])
    with pytest.raises(InputError, match=f"give the {LABEL_MEMBER} of inception5h.zip"):
        label_indices(network, images)
    # As published: a filler, then the classes in an order of their own, seven short of the scores.
    path = tmp_path / "weights" / "inception5h.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(LABEL_MEMBER, "\n".join(["dummy", *reversed(imagenet_classes().values())]))
    assert label_indices(network, images, order=path).indices.tolist() == [1000, -1, 1000]
    monkeypatch.setenv("CURVECIRCUITS_WEIGHTS", str(path.parent))
    with pytest.raises(InputError, match="an order of its own"):
        label_indices(network, images)  # a zip of unknown contents, and not of this network
    network.provenance = Provenance(source=path.name, sha256=sha256_of(path))
    found = label_indices(network, images)
    assert found.indices.tolist() == [1000, -1, 1000]
    assert found.source == str(path)


def test_an_order_of_words_covers_all_but_six_classes(tmp_path: Path) -> None:
    """ImageNet has two cranes, two maillots, and a Cardigan beside a cardigan."""
    order = tmp_path / "order.txt"
    order.write_text("\n".join(reversed(imagenet_classes().values())))
    images = flat(tmp_path, list(imagenet_classes()))
    found = label_indices(classifier(1000), images, order=order)
    assert found.missing == {"its class fits several scores": 6}
    right = np.arange(999, -1, -1)
    assert (found.indices[found.indices >= 0] == right[found.indices >= 0]).all()


@pytest.mark.shared
def test_the_reference_images_are_all_read(tmp_path: Path) -> None:
    root = SHARED / "imagenet" / "images"
    images = open_images(root)
    listed = read_folder(root)
    assert len(images) == len(listed) == 500
    assert images.skipped == {}
    found = label_indices(classifier(1000), images)
    assert found.missing == {}
    assert found.indices.tolist() == [image.index for image in listed.images]
    for folder in root.iterdir():  # elsewhere, with no classes.json beside them
        (tmp_path / folder.name).symlink_to(folder)
    linked = label_indices(classifier(1000), open_images(tmp_path))
    assert linked.source == "the standard order of ImageNet"
    assert linked.indices.tolist() == found.indices.tolist()
    framing = Framing(kind="crop", resize=16, size=16)
    some = range(0, 500, 5)
    batch = load_batch(images, some, framing=framing)
    assert batch.read.all()
    for row, index in list(enumerate(some))[:10]:
        alone = load_image(listed.images[index].path, framing=framing)
        assert torch.equal(batch.pixels[row], alone)


@pytest.mark.shared
def test_googlenet_is_as_right_on_a_set_as_on_a_folder() -> None:
    network = cc.load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    root = SHARED / "imagenet" / "images"
    found = accuracy(network, open_images(root), limit=40)
    assert found == accuracy(network, read_folder(root), limit=40)
    # Apart from both: each image by itself, its path and index from the listing.
    hits = 0
    for image in read_folder(root).images[:40]:
        pixels = load_image(image.path, framing=framing_for(network))[None]
        scores = network.run(pixels, layers=["softmax2_pre_activation"])["softmax2_pre_activation"]
        hits += int(scores.argmax()) == image.index
    assert found.images == 40
    assert found.top1 == hits / 40
