"""A network under study: named layers, their geometry, and activations on request."""

import copy
import difflib
import pickle
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch._ops import OpOverload

from curvecircuits.errors import InputError
from curvecircuits.models import roles
from curvecircuits.models.address import Address, Direction, Unit
from curvecircuits.models.cropped import Area
from curvecircuits.models.geometry import Axis, Geometry
from curvecircuits.models.layer import Layer, Provenance
from curvecircuits.models.memory import keep_freed_memory
from curvecircuits.models.readers.hashing import tensors_hash
from curvecircuits.models.trace import frozen_copy, needed_for, run_recording, trace
from curvecircuits.models.wiring import Wiring

Preprocess = Callable[[Tensor], Tensor]


class Network:
    """A traced, frozen network: images in, named activations out.

    Made by `curvecircuits.load` or `curvecircuits.wrap`; see there for examples.

    Parameters
    ----------
    module
        The network from preprocessed images to whatever it returns. It is copied, put in
        evaluation mode and frozen; the module given is not changed.
    name
        What to call the network in results.
    preprocess
        From RGB in [0, 1] to what the module takes; a function or a module.
    input_size
        Height and width of the images the network was trained on.
    aliases
        Short names of layers, such as `3b` for `mixed3b`.
    provenance
        Where the weights came from.
    logits
        Name of the layer of class scores, where the network is a classifier.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str,
        preprocess: Preprocess | None = None,
        input_size: int = 224,
        aliases: Mapping[str, str] | None = None,
        provenance: Provenance | None = None,
        logits: str | None = None,
    ) -> None:
        self.name = name
        self.input_size = input_size
        self._provenance = provenance or Provenance(source="a module in memory")
        self.logits = logits
        self._aliases = dict(aliases or {})
        own = frozen_copy(module)
        own.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._preprocess = (
            frozen_copy(preprocess) if isinstance(preprocess, nn.Module) else preprocess
        )
        example = torch.zeros(2, 3, input_size, input_size, device=_device_of(own))
        own, self._graph = trace(own, self.prepare(example))
        self._geometries: dict[tuple[int, int], dict[str, Geometry | None]] = {}
        self._sizes: dict[tuple[int, int], dict[str, tuple[int, int]]] = {}
        self._nodes: dict[str, fx.Node] = {}
        self._pre: dict[str, str] = {}
        self._joined: dict[str, tuple[str, ...]] = {}
        # The network's own wiring, and those that edits put in its place, the innermost last.
        self._wirings: tuple[Wiring, ...] = (
            Wiring(module=own, graph=self._graph, nodes=self._nodes, joined=self._joined),
        )
        keep_freed_memory()
        self._add_pre_activations()
        self.layers: Mapping[str, Layer] = self._describe()

    # -- what there is ---------------------------------------------------------------------

    def _add_pre_activations(self) -> None:
        """Name every node, and give each rectified one the name of its values before clipping."""
        for node in list(self._graph.nodes):
            if node.op == "output":
                continue
            name = node.meta["layer"]
            self._nodes[name] = node
            self._pre[name] = name
            if roles.is_rectifier(self.module, node) and node.all_input_nodes:
                self._pre[name] = node.all_input_nodes[0].meta["layer"]
            elif roles.is_concat(self.module, node):
                branches = roles.concat_inputs(node)
                before = [self._pre[b.meta["layer"]] for b in branches]
                if any(b != p.meta["layer"] for b, p in zip(before, branches, strict=True)):
                    self._add_concat(name, node, before)

    def _add_concat(self, name: str, node: fx.Node, before: list[str]) -> None:
        joined = f"{name}_pre_relu"
        with self._graph.inserting_after(node):
            twin = self._graph.call_function(torch.cat, ([self._nodes[b] for b in before], 1))
        twin.meta["layer"] = joined
        self._nodes[joined] = twin
        self._joined[joined] = tuple(before)
        self._pre[name] = self._pre[joined] = joined

    def _describe(self) -> dict[str, Layer]:
        images = torch.zeros(1, 3, self.input_size, self.input_size, device=self.device)
        try:
            shapes = run_recording(self.module, self._graph, self.prepare(images))
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"{self.name} does not run on an image of {self.input_size} × "
                f"{self.input_size} pixels ({str(error).strip().splitlines()[0]}); give the "
                "size it takes as input_size."
            ) from error
        short = {full: alias for alias, full in self._aliases.items()}
        geometry = self._propagate(shapes)
        self._geometries[self.input_size, self.input_size] = geometry
        self._sizes[self.input_size, self.input_size] = {
            name: _rows_and_columns(shapes.get(node, ())) for name, node in self._nodes.items()
        }
        layers: dict[str, Layer] = {}
        for name, node in self._nodes.items():
            shape = shapes.get(node, ())
            if node.op in ("placeholder", "get_attr") or len(shape) not in (2, 4):
                continue
            layers[name] = Layer(
                name=name,
                kind=roles.kind(self.module, node),
                channels=shape[1],
                height=shape[2] if len(shape) == 4 else 1,
                width=shape[3] if len(shape) == 4 else 1,
                geometry=geometry[name],
                pre_activation=self._pre[name],
                alias=short.get(name),
                feeds=tuple(n.meta["layer"] for n in node.users if n.op != "output"),
            )
        return layers

    def _propagate(self, shapes: Mapping[fx.Node, tuple[int, ...]]) -> dict[str, Geometry | None]:
        pixel = Axis(stride=1, first=0, last=0, centre=0.0)
        found: dict[str, Geometry | None] = {}
        for name, node in self._nodes.items():
            if node.op == "placeholder":
                found[name] = Geometry(y=pixel, x=pixel)
                continue
            inputs = [n for n in node.all_input_nodes if n in shapes]
            found[name] = roles.geometry_after(
                self.module,
                node,
                [found[n.meta["layer"]] for n in inputs],
                [shapes[n] for n in inputs],
            )
            if len(shapes.get(node, ())) != 4:
                found[name] = None
        return found

    def layer(self, name: str) -> Layer:
        """The layer of a name or alias; `InputError` with the nearest names if there is none."""
        full = self._aliases.get(name, name)
        if full not in self.layers:
            near = difflib.get_close_matches(name, [*self._aliases, *self.layers], n=3)
            some = list(dict.fromkeys(x.title for x in self.layers.values() if x.spatial))[-6:]
            hint = (
                f"did you mean {' or '.join(near)}?"
                if near
                else f"valid are {', '.join(some)} and others that `curvecircuits layers` lists."
            )
            raise InputError(f"{self.name} has no layer {name!r}: {hint}")
        return self.layers[full]

    def geometry(self, layer: str, *, size: int | tuple[int, int] | None = None) -> Geometry:
        """Stride, receptive field and centres of a layer for images of one size.

        Raises
        ------
        InputError
            When the layer has no map or its operations are not known.
        """
        found = self.layer(layer)
        geometry = self._measured(found.name, self._of(size))[0]
        if geometry is None:
            raise InputError(
                f"Layer {layer} of {self.name} has no geometry: it is no map, or an operation "
                "before it is not known; choose a layer with a receptive field from the list."
            )
        return geometry

    def map_size(self, layer: str, *, size: int | tuple[int, int] | None = None) -> tuple[int, int]:
        """Rows and columns of a layer's map for images of one size.

        Raises
        ------
        InputError
            For an unknown layer, and images that the network does not take.
        """
        return self._measured(self.layer(layer).name, self._of(size))[1]

    def _of(self, size: int | tuple[int, int] | None) -> tuple[int, int]:
        own = self.input_size
        return (size, size) if isinstance(size, int) else size or (own, own)

    def _measured(
        self, name: str, size: tuple[int, int]
    ) -> tuple[Geometry | None, tuple[int, int]]:
        known, sizes = self._geometries.setdefault(size, {}), self._sizes.setdefault(size, {})
        if name not in known:
            # Only what the layer needs: deeper ones may not take images this small.
            needed = needed_for([self._nodes[name]])
            shapes = self._run_shapes(torch.zeros(1, 3, *size, device=self.device), needed)
            geometries = self._propagate(shapes)
            for each, node in self._nodes.items():
                if node in needed:
                    known[each] = geometries[each]
                    sizes[each] = _rows_and_columns(shapes.get(node, ()))
        return known[name], sizes[name]

    def _run_shapes(self, images: Tensor, needed: set[fx.Node]) -> dict[fx.Node, tuple[int, ...]]:
        try:
            return run_recording(self.module, self._graph, self.prepare(images), only=needed)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise self._size_error(images, error) from error

    def check(self, address: Address) -> Address:
        """The address with its layer's full name; `InputError` when it is not in the network."""
        layer = self.layer(address.layer)
        if isinstance(address, Unit):
            if not 0 <= address.channel < layer.channels:
                raise InputError(
                    f"{self.name} has no unit {address}: the channels of {layer.name} are 0 to "
                    f"{layer.channels - 1}."
                )
            return Unit(layer.name, address.channel)
        if len(address.vector) != layer.channels:
            raise InputError(
                f"The direction {address} has {len(address.vector)} numbers; {layer.name} has "
                f"{layer.channels} channels."
            )
        return replace(address, layer=layer.name)

    # -- running ---------------------------------------------------------------------------

    def prepare(self, images: Tensor) -> Tensor:
        """What the first layer is given for RGB images in [0, 1]."""
        prepared = self._preprocess(images) if self._preprocess else images
        return prepared.contiguous(memory_format=torch.channels_last)

    def activations(
        self, images: Float[Tensor, "n 3 h w"], *, layers: Sequence[str]
    ) -> dict[str, Float[Tensor, "n c *map"]]:
        """Values of the layers asked for; nothing that they do not need is computed.

        Parameters
        ----------
        images
            RGB in [0, 1], (N, 3, H, W), of any size the network can take.
        layers
            Names or aliases; the result has these as keys.

        Raises
        ------
        InputError
            For images of another form, not finite or outside [0, 1], and unknown layers.
        """
        _check_images(images)
        return self.run(images, layers=layers)

    def run(
        self,
        images: Tensor,
        *,
        layers: Iterable[str],
        within: Mapping[str, Area] | None = None,
    ) -> dict[str, Tensor]:
        """As `activations`, for images already known to be sound (no check is made).

        Parameters
        ----------
        within
            Areas (top, bottom, left, right) of layers' maps, in positions from the first to behind
            the last: what is given of these, and all that is computed for it. The values are those
            of the whole maps up to rounding.
        """
        names = {key: self.layer(key).name for key in layers}
        wanted = frozenset(names.values())
        areas = {names[key]: area for key, area in (within or {}).items()}
        try:
            values = self.wiring.run(wanted, self.prepare(images), images, areas)
        except (RuntimeError, AssertionError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise self._size_error(images, error) from error
        return {key: values[name] for key, name in names.items()}

    def _size_error(self, images: Tensor, error: Exception) -> InputError:
        reason = (str(error).strip().splitlines() or [repr(error)])[0]
        return InputError(
            f"{self.name} cannot take images of shape {tuple(images.shape)} ({reason}); it was "
            f"made for {self.input_size} × {self.input_size} pixels."
        )

    def project(self, values: Float[Tensor, "n c *map"], address: Address) -> Tensor:
        """The values of one unit or direction, (N, …), from those of its layer."""
        if isinstance(address, Direction):
            vector = torch.tensor(address.vector, dtype=values.dtype, device=values.device)
            return torch.einsum("nc...,c->n...", values, vector)
        return values[:, address.channel]

    # -- its graph, for rooms that read circuits from it -----------------------------------

    @property
    def module(self) -> nn.Module:
        """The traced module; its weights are the network's own."""
        return self.wiring.module

    def called(self, node: fx.Node) -> Any:
        """The module that a node of the graph calls, or the name of its function."""
        return roles.called(self.module, node)

    def path(self, source: str, target: str) -> dict[str, fx.Node]:
        """The nodes by which one layer depends on another, in order, without the source."""
        start, end = (self._nodes[self.layer(name).name] for name in (source, target))
        needed = needed_for([end])
        found: dict[str, fx.Node] = {}
        reached = {start}
        for name, node in self._nodes.items():
            if node in needed and node is not start and reached & set(node.all_input_nodes):
                reached.add(node)
                found[name] = node
        return found if end in reached and end is not start else {}

    # -- what an edit puts in its place ----------------------------------------------------

    @property
    def wiring(self) -> Wiring:
        """What is run now: the network's own wiring, or that of the innermost edit."""
        return self._wirings[-1]

    @contextmanager
    def rewired(self, wiring: Wiring) -> Generator["Network", None, None]:
        """Run another wiring within a block; layers, paths and geometry stay as they are.

        Whatever ends the block, the wiring from before it is back. Blocks that are left in
        another order end those within them.
        """
        wiring = replace(wiring)  # of this block alone, though it may be run in others too
        self._wirings = (*self._wirings, wiring)
        try:
            yield self
        finally:
            if wiring in self._wirings:
                self._wirings = self._wirings[: self._wirings.index(wiring)]

    @property
    def provenance(self) -> Provenance:
        """Where the weights came from; within an edit, that they were edited."""
        if len(self._wirings) == 1:
            return self._provenance
        source = f"{self._provenance.source}, edited"
        return replace(self._provenance, source=source, sha256=None, verified=False)

    @provenance.setter
    def provenance(self, provenance: Provenance) -> None:
        self._provenance = provenance

    # -- where it lives --------------------------------------------------------------------

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return _device_of(self.module)

    def to(self, device: str | torch.device) -> "Network":
        """Move the network, in place, to a device; returns itself.

        Raises
        ------
        InputError
            For a device that is not available, and within an edit, whose weights are partly the
            original ones.
        """
        if len(self._wirings) > 1:
            if torch.device(device) == self.device:
                return self
            raise InputError(
                f"{self.name} is being edited and cannot move to {device}: move it before the "
                "block, or move a copy()."
            )
        try:
            self.module.to(device)
        except (RuntimeError, AssertionError) as error:
            raise InputError(f"Device {device} is not available here: cpu always is.") from error
        if isinstance(self._preprocess, nn.Module):
            self._preprocess.to(device)
        self.wiring.programs.clear()
        return self

    def copy(self) -> "Network":
        """An independent network with the same weights and edits, on the same device."""
        twin = copy.copy(self)  # names, graph and geometry are never changed, so they are shared
        twin._provenance = self.provenance
        twin._wirings = (replace(self.wiring, module=copy.deepcopy(self.module), programs={}),)
        twin._preprocess = copy.deepcopy(self._preprocess)
        twin._geometries = {size: dict(known) for size, known in self._geometries.items()}
        twin._sizes = {size: dict(known) for size, known in self._sizes.items()}
        return twin

    def __copy__(self) -> "Network":
        twin = object.__new__(type(self))  # `copy.copy` would otherwise go by `__reduce__`
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> "Network":
        return self.copy()

    def __reduce__(self) -> tuple[Callable[[], "Network"], tuple[()]]:
        """How a network is pickled: its module and what it was wrapped with, traced again there."""
        if self.wiring.graph is not self._graph:
            raise InputError(
                f"{self.name} is edited and cannot be pickled: pickle it outside the block, and "
                "edit it where it is unpickled."
            )
        recorded = any(isinstance(node.target, OpOverload) for node in self._graph.nodes)
        if recorded and isinstance(self.module, fx.GraphModule):
            raise InputError(
                f"{self.name} was recorded by torch.export and cannot be pickled: load or wrap it "
                "in each process that needs it."
            )
        try:
            pickle.dumps(self._preprocess)
        except Exception as error:  # whatever an object of the user's raises
            reason = (str(error).strip().splitlines() or [repr(error)])[0]
            raise InputError(
                f"The preprocessing of {self.name} cannot be pickled ({reason}): give a function "
                "defined in a module, or a torch.nn.Module."
            ) from error
        again = partial(
            type(self),
            self.module,
            name=self.name,
            preprocess=self._preprocess,
            input_size=self.input_size,
            aliases=self._aliases,
            provenance=self._provenance,
            logits=self.logits,
        )
        return again, ()

    @property
    def state(self) -> dict[str, Tensor]:
        """The network's weights and buffers by name (the tensors themselves, not copies)."""
        return self.module.state_dict()

    @property
    def model_hash(self) -> str:
        """SHA-256 over (name, shape, float32 bytes) of the weights: the same for every format."""
        return tensors_hash(self.state)


def _device_of(module: nn.Module) -> torch.device:
    first: Any = next(module.parameters(), None)
    if first is None:
        first = next(module.buffers(), None)
    return torch.device("cpu") if first is None else first.device


def _check_images(images: Tensor) -> None:
    if images.ndim != 4 or images.shape[1] != 3 or not images.numel():
        raise InputError(
            f"Images of shape {tuple(images.shape)} cannot be used: give RGB as (N, 3, H, W), "
            "none of them zero."
        )
    if not images.is_floating_point():
        raise InputError(f"Images of type {images.dtype} cannot be used: give floats in [0, 1].")
    low, high = (float(v) for v in images.detach().aminmax())
    if not np.isfinite([low, high]).all():
        raise InputError("Images hold values that are not finite: give numbers in [0, 1].")
    if low < -1e-4 or high > 1 + 1e-4:
        raise InputError(
            f"Images reach from {low:.4g} to {high:.4g}: give RGB in [0, 1] (divide bytes by 255)."
        )


def _rows_and_columns(shape: tuple[int, ...]) -> tuple[int, int]:
    """Of a tensor's map; one of each where it is none."""
    return (shape[2], shape[3]) if len(shape) == 4 else (1, 1)
