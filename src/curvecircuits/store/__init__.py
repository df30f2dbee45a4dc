"""What is written to disk: records with a schema, and atomic writes."""

from curvecircuits.store.schema import Record, dump, json_schema, load
from curvecircuits.store.write import write_atomic

__all__ = ["Record", "dump", "json_schema", "load", "write_atomic"]
