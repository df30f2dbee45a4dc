import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import curvecircuits as cc
from curvecircuits.errors import InputError
from curvecircuits.images import (
    Framing,
    accuracy,
    framing_for,
    load_files,
    load_image,
    open_images,
    read_folder,
)

WHOLE = Framing(kind="crop", resize=8, size=8)
COLOURS = {"n1": (255, 0, 0), "n2": (0, 255, 0), "n3": (0, 0, 255)}


class Channels(nn.Module):
    """Scores of red, green and blue: the means of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Conv2d(3, 3, 1, bias=False)
        nn.init.dirac_(self.scores.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(x.mean((2, 3), keepdim=True))


def colours(logits: str | None = "scores") -> cc.Network:
    return cc.wrap(Channels(), input_size=8, logits=logits)


def made(folder: Path, *, classes: bool = True) -> Path:
    """Two images of each colour, of which one blue is red, and one damaged file."""
    root = folder / "images"
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for index, shade in enumerate((colour, COLOURS["n1"] if name == "n3" else colour)):
            Image.new("RGB", (20, 12), shade).save(root / name / f"{index}.png")
    (root / "n2" / "damaged.jpeg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    if classes:
        table = {"n1": [0, "red"], "n2": [1, "green"], "n3": [2, "blue"]}
        (folder / "classes.json").write_text(json.dumps(table))
    return root


def read(folder: Path, image: Image.Image, framing: Framing = WHOLE, suffix: str = "png") -> Tensor:
    path = folder / f"image.{suffix}"
    image.save(path)
    return load_image(path, framing=framing)


def test_a_crop_takes_the_central_square(tmp_path: Path) -> None:
    # 4 · 2/4 = 2 pixels of the shorter side, from column (7 − 2) // 2 and row (4 − 2) // 2.
    pixels = np.arange(4 * 7 * 3, dtype=np.uint8).reshape(4, 7, 3)
    framing = Framing(kind="crop", resize=4, size=2, resample="bicubic")
    found = read(tmp_path, Image.fromarray(pixels), framing)
    expected = torch.tensor(pixels[1:3, 2:4]).permute(2, 0, 1) / 255
    torch.testing.assert_close(found, expected)


def test_a_warp_squeezes_before_it_cuts(tmp_path: Path) -> None:
    # Columns in pairs: halving the width by a box-like average gives 0, 40, 80, 120.
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, :2], pixels[:, 2:] = 40, 200
    wide = np.repeat(pixels, 2, axis=1)
    framing = Framing(kind="warp", resize=4, size=2)
    found = read(tmp_path, Image.fromarray(wide), framing)
    reference = np.asarray(Image.fromarray(wide).resize((4, 4), Image.Resampling.BILINEAR))
    torch.testing.assert_close(found, torch.tensor(reference[1:3, 1:3]).permute(2, 0, 1) / 255)
    assert found[0, 0, 0] < 0.3 < 0.6 < found[0, 0, 1]


def test_every_mode_becomes_rgb(tmp_path: Path) -> None:
    grey = read(tmp_path, Image.new("L", (8, 8), 51))
    torch.testing.assert_close(grey, torch.full((3, 8, 8), 0.2))
    deep = read(tmp_path, Image.fromarray(np.full((8, 8), 0x3333, np.uint16)))
    torch.testing.assert_close(deep, torch.full((3, 8, 8), 0.2))
    palette = read(tmp_path, Image.new("RGB", (8, 8), (255, 0, 0)).convert("P"))
    assert palette[:, 4, 4].tolist() == [1, 0, 0]
    clear = read(tmp_path, Image.new("RGBA", (8, 8), (0, 0, 0, 0)))
    assert clear.min() == 1
    gif = Image.new("P", (8, 8), 0)
    gif.putpalette([0, 0, 255] * 256)
    assert read(tmp_path, gif, suffix="gif")[:, 0, 0].tolist() == [0, 0, 1]
    transparent = io.BytesIO()
    gif.save(transparent, "png", transparency=bytes([128] * 256))
    (tmp_path / "t.png").write_bytes(transparent.getvalue())
    half = load_image(tmp_path / "t.png", framing=WHOLE)[:, 0, 0]
    torch.testing.assert_close(half, torch.tensor([0.5, 0.5, 1]), atol=0.01, rtol=0)
    ink = read(tmp_path, Image.new("CMYK", (8, 8), (0, 255, 255, 0)), suffix="jpeg")
    assert (ink[0] > 0.9).all()
    assert (ink[1:] < 0.1).all()


@pytest.mark.parametrize(
    "content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 cut short"]
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.jpeg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.jpeg cannot be read as an image: .*\.$"):
        load_image(path, framing=WHOLE)


def test_other_files_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_image(tmp_path / "none.png", framing=WHOLE)
    whole = tmp_path / "whole.png"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(whole)
    whole.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(InputError, match="truncated: the data ends early"):
        load_image(whole, framing=WHOLE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    for side in (8, 16):  # Pillow warns of the one, and refuses the other
        with pytest.raises(InputError, match="more than the 40 that are valid"):
            read(tmp_path, Image.new("RGB", (side, side)))


def test_files_are_read_in_batches_and_the_unreadable_told(tmp_path: Path) -> None:
    files = [tmp_path / f"{k}.png" for k in range(5)]
    for k in (0, 1, 4):
        Image.new("RGB", (9, 9), (51 * k, 0, 0)).save(files[k])
    files[2].write_bytes(b"no image")  # and the next is not there
    found = list(load_files(files, framing=WHOLE, batch=2))
    assert [each.files for each in found] == [tuple(files[:2]), (), (files[4],)]
    assert [each.unread for each in found] == [(), tuple(files[2:4]), ()]
    assert [tuple(each.pixels.shape) for each in found] == [(n, 3, 8, 8) for n in (2, 0, 1)]
    reds = [each.pixels[:, 0, 0, 0].tolist() for each in found]
    assert reds == [pytest.approx([0, 0.2]), [], pytest.approx([0.8])]
    with pytest.raises(InputError, match=r"None of 2 files .*2\.png"):
        list(load_files(files[2:4], framing=WHOLE))
    with pytest.raises(InputError, match=r"2\.png cannot be read as an image: "):
        list(load_files(files[2:3], framing=WHOLE))


def test_a_framing_cuts_no_more_than_there_is() -> None:
    with pytest.raises(InputError, match="at most resize"):
        Framing(kind="warp", resize=224, size=256)


def test_framings_of_the_catalogue() -> None:
    network = colours()
    assert framing_for(network) == Framing(kind="crop", resize=40, size=8, resample="bicubic")
    network.name = "googlenet"
    network.input_size = 224
    assert framing_for(network) == Framing(kind="warp", resize=256, size=224)


def test_a_folder_is_listed_in_order(tmp_path: Path) -> None:
    folder = read_folder(made(tmp_path))
    assert (len(folder), folder.classes) == (7, 3)
    assert [(i.wnid, i.index, i.label) for i in folder.images][::3] == [
        ("n1", 0, "red"),
        ("n2", 1, "green"),
        ("n3", 2, "blue"),
    ]
    bare = read_folder(made(tmp_path / "bare", classes=False))
    assert [(i.index, i.label) for i in bare.images][-1] == (2, "n3")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("{", "cannot be used"),
        ("[]", "cannot be used"),
        ('{"n1": 3}', "cannot be used"),
        ('{"n1": [0, "a"], "n2": [1, "b"]}', "a folder n3, which is no class"),
        ('{"n1": [0, "a"], "n2": [1, "b"], "n3": [1, "c"]}', "does not number"),
    ],
)
def test_a_bad_table_of_classes_is_refused(tmp_path: Path, table: str, said: str) -> None:
    root = made(tmp_path)
    (tmp_path / "classes.json").write_text(table)
    with pytest.raises(InputError, match=said):
        read_folder(root)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n1").mkdir()
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="valid"):
            read_folder(root)


def test_accuracy_counts_what_is_right_and_what_is_skipped(tmp_path: Path) -> None:
    root = made(tmp_path)
    for batch in (1, 4, 16):
        found = accuracy(colours(), root, batch=batch)
        assert (found.images, found.skipped) == (6, 1)
        assert found.top1 == pytest.approx(5 / 6)
        assert found.top5 == 1
    assert accuracy(colours(), read_folder(root), limit=2).images == 2


def test_accuracy_refuses_what_it_cannot_score(tmp_path: Path) -> None:
    root = made(tmp_path, classes=False)
    with pytest.raises(InputError, match="no layer of class scores"):
        accuracy(colours(None), root)
    with pytest.raises(InputError, match="at least 1"):
        accuracy(colours(), root, limit=0)
    for path in root.glob("*/*"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match="No image"):
        accuracy(colours(), root)
    (root / "n4").mkdir()
    (root / "n4" / "0.png").touch()
    with pytest.raises(InputError, match="scores 3 classes"):
        accuracy(colours(), root)
    with pytest.raises(InputError, match="scores 3 classes"):
        accuracy(colours(), read_folder(root))


def test_accuracy_is_the_same_of_each_way_to_keep_the_images(tmp_path: Path) -> None:
    root = made(tmp_path)
    found = accuracy(colours(), root)
    assert accuracy(colours(), read_folder(root)) == found
    assert accuracy(colours(), open_images(root)) == found
    lines = [f"{p.relative_to(root)},{p.parent.name}" for p in root.glob("*/*")]
    labels = tmp_path / "list.txt"
    labels.write_text("\n".join(lines))
    flat = open_images(root, labels=labels)
    assert flat.layout == "flat"
    assert accuracy(colours(), flat) == found


def test_accuracy_follows_the_order_given(tmp_path: Path) -> None:
    root = made(tmp_path, classes=False)
    order = tmp_path / "order.txt"
    order.write_text("n1\nn3\nn2\n")
    for given in (root, read_folder(root)):
        found = accuracy(colours(), given, order=order)
        # Greens and the true blue now count as each other's; the red "blue" is wrong as before.
        assert found.top1 == pytest.approx(2 / 6)
    order.write_text("n1\nn3\nother\n")
    found = accuracy(colours(), root, order=order)
    assert (found.images, found.unlabelled, found.skipped) == (4, 3, 0)
    order.write_text("one\ntwo\nthree\n")
    with pytest.raises(InputError, match=r"No image of .* has a class"):
        accuracy(colours(), root, order=order)
