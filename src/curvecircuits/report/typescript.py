"""The TypeScript types of the page's data, made from the records' JSON Schema.

`python -m curvecircuits.report.typescript web/src/types.ts` writes them; a test keeps them current.
"""

import json
import sys
from textwrap import indent
from typing import Any

from curvecircuits.report.document import Report
from curvecircuits.store import json_schema, write_atomic

_HEADER = "// Made from the Python records by `npm run types`; edit those instead.\n"
_PLAIN = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


def typescript(type_: Any = Report) -> str:
    """Write TypeScript interfaces for a record and every record inside it.

    Raises
    ------
    ValueError
        When the schema uses something the page's data has no need of.

    """
    schema = json_schema(type_)
    named = {**schema.pop("$defs", {}), schema["title"]: schema}
    return _HEADER + "".join(_interface(name, named[name]) for name in sorted(named))


def _interface(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    lines: list[str] = []
    for key, field in schema["properties"].items():
        if "description" in field:
            lines.append(f"/** {field['description']} */")
        lines.append(f"{key}{'' if key in required else '?'}: {_type(field)};")
    about = schema.get("description", "").split("\n")[0]
    body = indent("\n".join(lines), "  ")
    return f"\n/** {about} */\nexport interface {name} {{\n{body}\n}}\n"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(_type(option) for option in schema[union])
    if schema.get("type") == "array":
        return f"ReadonlyArray<{_type(schema['items'])}>"
    if schema.get("type") in _PLAIN:
        return _PLAIN[schema["type"]]
    raise ValueError(f"No TypeScript for this schema: {schema}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m curvecircuits.report.typescript FILE")
    write_atomic(sys.argv[1], typescript())
