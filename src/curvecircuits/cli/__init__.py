"""The `curvecircuits` command; what it computes is computed elsewhere."""

from curvecircuits.cli.app import app, main

__all__ = ["app", "main"]
