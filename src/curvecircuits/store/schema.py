"""Records: frozen dataclasses that become JSON and come back checked."""

import json
import math
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from curvecircuits.errors import InputError

_T = TypeVar("_T")


class Record:
    """Base of every dataclass that is written as JSON.

    The text under a field is its description in the JSON Schema. A record that is a file of its own
    names its schema and version in `SCHEMA`; its JSON then starts with that name, and `load`
    refuses any other.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Count(Record):
    ...     SCHEMA = "curvecircuits.count/1"
    ...     units: int
    >>> dump(Count(units=10))
    {'schema': 'curvecircuits.count/1', 'units': 10}

    """

    SCHEMA: ClassVar[str | None] = None
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
        extra="forbid",
    )


def json_schema(type_: Any) -> dict[str, Any]:
    """Make the JSON Schema of a type, as `dump` writes it.

    Parameters
    ----------
    type_
        A record class, or any type pydantic knows.

    """
    schema = adapter(type_).json_schema(mode="serialization")
    name = _schema_name(type_)
    if name is not None:
        schema["properties"] = {"schema": {"const": name, "type": "string"}, **schema["properties"]}
        schema["required"] = ["schema", *schema.get("required", [])]
    return schema


def dump(obj: Any, *, digits: int | None = None) -> Any:
    """Turn a record into plain JSON-able data, checked to be readable again.

    Parameters
    ----------
    obj
        A record, or any value pydantic can write.
    digits
        Significant digits kept of every float; all of them when None.

    Returns
    -------
    data
        Dicts, lists, strings, finite numbers, booleans and None. A NaN or an infinity is written
        as None.

    Raises
    ------
    InputError
        When a value is not of its field's type, or is not finite in a field that cannot be None.

    """
    type_ = type(obj)
    writer = adapter(type_)
    try:
        data = _plain(writer.dump_python(obj, mode="json", warnings=False), digits)
        writer.validate_python(data, strict=False)
    except ValidationError as error:
        raise InputError(f"This {type_.__name__} cannot be written: {_first(error)}.") from None
    except ValueError as error:
        raise InputError(f"This {type_.__name__} cannot be written: {error}.") from None
    name = _schema_name(type_)
    return data if name is None else {"schema": name, **data}


def load(type_: type[_T], data: Any) -> _T:
    """Make a record from the data `dump` made.

    Raises
    ------
    InputError
        When the data names another schema or version, or a field is missing, unknown or of the
        wrong type; the message names the first such field.

    """
    name = _schema_name(type_)
    if name is not None:
        found = data.get("schema") if isinstance(data, dict) else None
        if found != name:
            raise InputError(f"This data has the schema {found!r}; {name!r} can be read here.")
        data = {key: value for key, value in data.items() if key != "schema"}
    try:
        return adapter(type_).validate_python(data, strict=False)
    except ValidationError as error:
        raise InputError(f"This is not a {type_.__name__}: {_first(error)}.") from None


def json_text(data: Any) -> str:
    """Write what `dump` made as the text of a file.

    >>> print(json_text({"units": 10}), end="")
    {
     "units": 10
    }
    """
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


@cache
def adapter(type_: Any) -> Any:  # a TypeAdapter, which beartype has no check for
    """Pydantic's adapter of a type, made once."""
    return TypeAdapter(type_)


def _schema_name(type_: Any) -> str | None:
    return getattr(type_, "SCHEMA", None)


def _plain(value: Any, digits: int | None) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        short = value if digits is None else float(f"{value:.{digits}g}")
        return short if math.isfinite(short) else value  # the largest floats round to infinity
    if isinstance(value, str):
        value.encode()  # a lone surrogate is in no JSON file
        return value
    if isinstance(value, dict):
        return {key: _plain(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, digits) for item in value]
    return value


def _first(error: ValidationError) -> str:
    details = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in details["loc"]) or "the whole"
    return f"at {place}, {details['msg'][0].lower()}{details['msg'][1:]}"
