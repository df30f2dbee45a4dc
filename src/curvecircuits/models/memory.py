"""Memory that is freed stays with the process, up to what a few maps need."""

import torch

_LARGEST = 2**25 - 2**12
"""Bytes, just under the largest block that glibc learns from."""


def keep_freed_memory() -> None:
    """Let the C library keep up to 64 MB of freed memory, instead of handing it back.

    A pass frees all its maps. glibc gives freed memory at the end of its heap back to the system
    from a bound on, and the next pass pays for every page again. For the artificial network on 4
    images of 224 pixels that came to 4,700 pages in some processes and to none in others, and to a
    third of the time. The bound follows the largest block that was ever freed, up to twice 32 MB.
    So one such block is freed; it is never touched, and takes no memory. Elsewhere than on glibc
    this does nothing.

    References
    ----------
    `mallopt(3)`, on the dynamic M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    """
    torch.empty(_LARGEST, dtype=torch.uint8)
