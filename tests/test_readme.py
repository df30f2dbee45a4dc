"""The README's Python examples run as they stand, one after the other."""

import re
from pathlib import Path


def test_the_python_example_runs(capsys):
    text = (Path(__file__).parents[1] / "README.md").read_text()
    scope: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(code, "README.md", "exec"), scope)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("artificial has a curve family of 24 units in 3b")
    assert printed[1].split()[0] == "3b:0"
    assert scope["acts"]["3b"].shape[:2] == (24, 24)
