"""What is written to disk, whole or not at all, and the engines that do the work of a run."""

from curvecircuits.store.arrays import pack, unpack
from curvecircuits.store.engines import run_job
from curvecircuits.store.jobs import Job, Worker
from curvecircuits.store.manifest import Manifest, versions
from curvecircuits.store.pairs import open_pair
from curvecircuits.store.runs import RunFolder, open_run, run_folder
from curvecircuits.store.schema import Record, dump, json_schema, json_text, load
from curvecircuits.store.shelf import Shelf
from curvecircuits.store.tables import read_table, write_table
from curvecircuits.store.write import check_writable, write_atomic

__all__ = [
    "Job",
    "Manifest",
    "Record",
    "RunFolder",
    "Shelf",
    "Worker",
    "check_writable",
    "dump",
    "json_schema",
    "json_text",
    "load",
    "open_pair",
    "open_run",
    "pack",
    "read_table",
    "run_folder",
    "run_job",
    "unpack",
    "versions",
    "write_atomic",
    "write_table",
]
