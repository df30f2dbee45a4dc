"""What axe finds wrong with a page that is open in a browser."""

from pathlib import Path
from typing import Any


def serious_problems(page: Any) -> list[tuple[str, list[str]]]:
    """Each rule that the page breaks in a serious or critical way, and up to three places.

    Axe builds functions from text: the page must have been opened with `bypass_csp=True`.
    """
    # Imported here: the modules that call this also run where there is no browser.
    import axe_playwright_python

    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    return [
        (each["id"], [node["html"] for node in each["nodes"]][:3])
        for each in page.evaluate("axe.run().then(r => r.violations)")
        if each["impact"] in ("serious", "critical")
    ]
