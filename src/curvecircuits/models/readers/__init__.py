"""Weights out of the files that networks are published in, and hashes of both."""

from curvecircuits.models.readers.hashing import sha1_of, sha256_of, tensors_hash
from curvecircuits.models.readers.weights import WeightFile, read_weights

__all__ = ["WeightFile", "read_weights", "sha1_of", "sha256_of", "tensors_hash"]
