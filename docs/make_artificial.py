"""Write docs/artificial.md: `python docs/make_artificial.py > docs/artificial.md`."""

from curvecircuits.artificial import Constants, Parts, layout
from curvecircuits.artificial.constants import constant_docs
from curvecircuits.artificial.explain import explain


def main() -> None:
    """Print the page."""
    constants = Constants()
    found = explain(constants)
    print("# The artificial network\n")
    print("Made by `python docs/make_artificial.py`; the same as `curvecircuits artificial`.\n")
    print("## What it does\n")
    for sentence in found.sentences:
        print(f"- {sentence}")
    print(
        f"\nLengths are pixels. {found.weights:,} weights, {found.nonzero:,} of them not zero, "
        f"follow from {found.constants} constants: {found.compression:,.0f} for each.\n"
    )
    print("## Its units\n")
    print("| layer | family | units | period |\n|---|---|---|---|")
    for layer, groups in layout(constants, Parts()).items():
        for group in groups:
            period = f"{group.period}°" if group.period else "–"
            print(f"| {layer} | {group.family} | {group.units} | {period} |")
    print("\n## Its constants\n")
    print("| name | value | meaning |\n|---|---|---|")
    for name, meaning in constant_docs().items():
        print(f"| `{name}` | {getattr(constants, name):g} | {meaning} |")


if __name__ == "__main__":
    main()
