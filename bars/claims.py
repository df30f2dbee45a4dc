"""Bars on the claims: all of them on GoogLeNet in minutes, and next to none on shuffled weights."""

import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from bars import Outcome, bar
from bars.families import GOOGLENET

_MINUTES = 6


@bar(number="2.6", title="All claims on GoogLeNet by the command, minutes", needs_shared=True)
def claims_googlenet(quick: bool) -> Outcome:
    """The quick form names the layer; otherwise all are searched."""
    command = [str(Path(sys.executable).with_name("curvecircuits")), "claims", "--json"]
    command += [
        "--model",
        "googlenet",
        "--weights",
        str(GOOGLENET),
        *(["--layer", "3b"] if quick else []),
    ]
    started = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    minutes = (perf_counter() - started) / 60
    found = json.loads(done.stdout)["claims"]
    hold = [c["id"] for c in found if c["holds"] is True]
    copies = [c["id"] for c in found if c["permuted"] is True]
    bare = [c["id"] for c in found if c["holds"] is False and c["measured"] is None]
    not_held = "; ".join(
        f"{c['id']} {c['measured']} {c['interval']}: {c['note']}"
        for c in found
        if c["holds"] is not True
    )
    return Outcome(
        value=f"{minutes:.1f} min, {len(found)} claims, {len(hold)} hold; permuted {len(copies)}",
        bound=f"≤ {_MINUTES} min, ≥ 25 claims; permuted ≤ 2",
        ok=minutes <= _MINUTES and len(found) >= 25 and len(copies) <= 2 and not bare,
        detail=f"permuted: {', '.join(copies)}. Not held: {not_held}",
    )
