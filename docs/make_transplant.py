"""Write docs/transplant.md from the folders that `curvecircuits transplant --out` wrote.

python docs/make_transplant.py RUN … > docs/transplant.md
"""

import sys

from curvecircuits.compare.transplants import Measured, Transplant, open_transplant

HEAD = """# What comes back

Made by `docs/make_transplant.py` from the folders of

```sh
curvecircuits transplant --model M --images DIR --out RUN
```

with seed 0 on 500 ImageNet images, one each of 500 classes. They are not the validation set, and
networks do better on them than there: variants can be compared with each other, not with published
accuracy. Brackets are 95 % intervals over images, the same images drawn for all variants. *KL back*
is 1 − KL(intact ‖ variant) / KL(intact ‖ family set to zero); *lead* is that share of the
transplanted family less the variant's.
"""


def _shown(found: Measured | None, digits: int = 3) -> str:
    if found is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:.{digits}f}"
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _page(found: Transplant) -> list[str]:
    lines = [
        f"\n## {found.model}\n",
        f"{len(found.family)} units of `{found.layer}`, {found.images} images "
        f"({found.framing}); thresholds and scales from {found.calibration}.\n",
        "| variant | top-1 % | top-5 % | loss | KL | KL back | against the mean | lead |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for s in found.scores:
        name = s.name if s.draws == 1 else f"{s.name} (mean of {s.draws})"
        loss = "–" if s.loss is None else f"{s.loss:.3f}"
        back = s.recovered
        lines.append(
            f"| {name} | {_percent(s.top1)} | {_percent(s.top5)} | {loss} | {s.kl.value:.4f} | "
            f"{_shown(back.kl)} | {_shown(back.kl_vs_mean)} | {_shown(s.behind)} |"
        )
    lines.append("")
    lines += [f"- {cause.sentence}" for cause in found.causes]
    return lines


def main() -> None:
    """Print the page."""
    print(HEAD, end="")
    for folder in sys.argv[1:]:
        print("\n".join(_page(open_transplant(folder))))


if __name__ == "__main__":
    main()
