"""Tables in Parquet files: written batch by batch, each with the name of its schema."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.store.write import cannot_write, replacing

_KEY = b"schema"
_ROWS = 1 << 11
"""Rows of a group, the unit in which readers read: small batches are gathered to so many."""


def write_table(
    path: str | Path, batches: Iterable[Mapping[str, ndarray | list[Any]]], *, schema: str
) -> Path:
    """Write a table as a Parquet file, a batch of rows at a time.

    The file appears when all of it is written; some 2,000 rows are in memory at a time.

    Parameters
    ----------
    path
        Where the file goes; an existing one is replaced.
    batches
        Columns by name, each an array of one axis or a list, all equally long. The first batch says
        which columns there are and of what type.
    schema
        Name and version of what the columns mean, such as `curvecircuits.units/1`; kept in the
        file.

    Returns
    -------
    path
        The path written.

    Raises
    ------
    InputError
        When there is no batch, a batch differs from the first in its columns or their types, the
        file cannot be written, or pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> rows = ({"unit": np.arange(3) + start, "layer": ["3b"] * 3} for start in (0, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_table(f"{folder}/units.parquet", rows, schema="example.units/1")
    ...     read_table(path, schema="example.units/1")["unit"]
    array([0, 1, 2, 3, 4, 5])

    """
    arrow, parquet = _arrow()
    target = Path(path)
    tables = _tables(arrow, batches, {_KEY: schema.encode()})
    first = next(tables, None)
    if first is None:
        raise InputError(f"No batch was given for {target}: a table needs one to know its columns.")
    try:
        with (
            replacing(target, slow=True) as file,
            parquet.ParquetWriter(file, first.schema, compression="zstd") as writer,
        ):
            waiting = [first]
            for table in tables:
                if sum(each.num_rows for each in waiting) >= _ROWS:
                    writer.write_table(arrow.concat_tables(waiting))
                    waiting = []
                waiting.append(table)
            writer.write_table(arrow.concat_tables(waiting))
    except OSError as error:
        raise cannot_write(target, error) from None
    return target


def read_table(
    path: str | Path, *, schema: str, columns: Sequence[str] | None = None
) -> dict[str, ndarray]:
    """Read a table that `write_table` wrote.

    Parameters
    ----------
    path
        A Parquet file.
    schema
        Name and version that the file has to have.
    columns
        The columns to read; all of them when None.

    Returns
    -------
    columns
        One array of one axis each; texts and lists are objects.

    Raises
    ------
    InputError
        When the file is not there, damaged, of another schema or without a column asked for, or
        pyarrow is not installed.

    """
    arrow, parquet = _arrow()
    try:
        with parquet.ParquetFile(path) as file:
            found = (file.schema_arrow.metadata or {}).get(_KEY, b"").decode("utf-8", "replace")
            if found != schema:
                raise InputError(
                    f"{path} has the schema {found or None!r}; {schema!r} can be read here."
                )
            known = file.schema_arrow.names
            absent = [name for name in columns or () if name not in known]
            if absent:
                raise InputError(f"{path} has no column {absent[0]!r}; it has {', '.join(known)}.")
            table = file.read(columns=None if columns is None else list(columns))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; a Parquet file is valid.") from None
    except (OSError, arrow.ArrowException) as error:
        raise InputError(f"{path} is no whole Parquet file ({_line(error)}).") from None
    return {name: table[name].to_numpy() for name in table.column_names}


def _tables(
    arrow: Any, batches: Iterable[Mapping[str, Any]], metadata: dict[bytes, bytes]
) -> Iterator[Any]:
    schema: Any = None
    for number, batch in enumerate(batches):
        try:
            table = arrow.table(dict(batch)) if schema is None else _like(arrow, batch, schema)
        except (arrow.ArrowException, TypeError, ValueError, KeyError) as error:
            raise InputError(
                f"Batch {number} of the table cannot be written ({_line(error)}): give columns of "
                "one length and type, the same in every batch."
            ) from None
        if schema is None:
            table = table.replace_schema_metadata(metadata)
            schema = table.schema
        yield table


def _like(arrow: Any, batch: Mapping[str, Any], schema: Any) -> Any:
    """A batch with the columns of the first one, in its order and of its types."""
    if set(batch) != set(schema.names):
        raise ValueError(f"its columns are {', '.join(batch)}, not {', '.join(schema.names)}")
    return arrow.table({name: batch[name] for name in schema.names}, schema=schema)


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [repr(error)])[0].rstrip(".")


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Tables need pyarrow, which is not installed here: pip install 'curvecircuits[images]'."
        ) from None
    return pyarrow, parquet
