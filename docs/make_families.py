"""Write docs/families.md: the curve families found in the networks the project is judged on.

python docs/make_families.py NETWORK[=WEIGHTS] … > docs/families.md
"""

import sys

from curvecircuits.catalog import load
from curvecircuits.families import CurveFamily, find_curves

HEAD = """# The families found

Made by `docs/make_families.py` with the default criteria and seed 0. Angles are degrees, clockwise
on screen: 0 is ")", 90 is "U". Units are chosen by their response to outline curves (columns
*outline*); the other statistics are measured on held-out stimuli, filled and of reversed polarity.
Early curves are units that only the limits on echo and ±90° response keep from being curves.

After any change of the criteria this page is made again, and every figure given for all networks.
"""


def _units_table(family: CurveFamily, kind: str) -> list[str]:
    units = [u for u in (*family.units, *family.early) if u.kind == kind]
    if not units:
        return []
    lines = [
        "",
        f"### {kind.capitalize()}s",
        "",
        "| unit | sign | orientation | radius | FWHM | echo | ±90° | peak | outline orientation | "
        "outline FWHM | outline echo | confirmed |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for u in sorted(units, key=lambda u: u.orientation):
        lines.append(
            f"| {u.unit} | {'+' if u.sign > 0 else '−'} | {u.orientation:.1f} | {u.radius:.0f} | "
            f"{u.fwhm:.0f} | {u.echo:.2f} | {u.at90:.2f} | {u.peak:.4g} | "
            f"{u.outline_orientation:.1f} | {u.outline_fwhm:.0f} | {u.outline_echo:.2f} | "
            f"{'yes' if u.confirmed else 'no'} |"
        )
    return lines


def _section(family: CurveFamily) -> str:
    lines = [
        f"## {family.model}",
        "",
        family.verdict,
        "",
        f"Model hash `{family.model_hash}`; weights: {family.weights}.",
        "",
        "| layer | effective field | tile | curves | early curves | permuted copies | gap |",
        "|---|---|---|---|---|---|---|",
    ]
    for s in family.layers:
        lines.append(
            f"| {s.layer} | {s.receptive_field:.0f} | {s.tile:g} | {s.curves} | "
            f"{s.early_curves} | {', '.join(map(str, s.permuted))} | {s.largest_gap:.0f}° |"
        )
    return "\n".join([*lines, *_units_table(family, "curve"), *_units_table(family, "early curve")])


def _main(arguments: list[str]) -> None:
    parts = [HEAD]
    for argument in arguments:
        name, _, weights = argument.partition("=")
        network = load(name, weights=weights or None)
        parts.append(_section(find_curves(network, progress=True)))
    print("\n\n".join(parts))


if __name__ == "__main__":
    _main(sys.argv[1:])
