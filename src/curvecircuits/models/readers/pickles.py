"""What a pickle in a torch file asks for, found out without running any of it.

`torch.load(weights_only=True)` runs no foreign code, but it trusts the sizes it reads: a tensor may
claim more than its storage holds, a call of an allowed class allocate any amount. So the operations
of a pickle are first followed with stand-ins for tensors and storages; what it declares can then be
compared with the bytes present before torch sees any of it.
"""

import io
import math
import pickletools
from dataclasses import dataclass, field
from typing import Any, TypeVar

from curvecircuits.models.readers.problems import UnreadableError, quoted

VALID = "a torch file that holds a state dict, {name: tensor} or {'state_dict': …}, is valid"

_T = TypeVar("_T")

_OPERATION_LIMIT = 5_000_000  # a state dict has some thirty for each tensor
_ELEMENT_SIZES = {
    "FloatStorage": 4,
    "DoubleStorage": 8,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}
_TENSOR, _PARAMETER = "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"
_DICT = "collections OrderedDict"
_GLOBALS = {_TENSOR, _PARAMETER, _DICT, *(f"torch {kind}" for kind in _ELEMENT_SIZES)}

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_VALUES = {
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINSTRING",
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_CODE = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}


class _MalformedError(Exception):
    """A pickle that `torch.save` would not have written."""


@dataclass(frozen=True)
class _Global:
    name: str


@dataclass(frozen=True)
class _Tensor:
    size: int


@dataclass(frozen=True)
class DeclaredStorage:
    """A storage as a pickle declares it: the kind of its elements and their number."""

    kind: str
    count: int

    @property
    def element_size(self) -> int:
        """Bytes of one element."""
        return _ELEMENT_SIZES[self.kind]

    @property
    def size(self) -> int:
        """Bytes of the whole storage."""
        return self.count * self.element_size


@dataclass
class Survey:
    """What one pickle holds and declares.

    Attributes
    ----------
    value : object
        What the pickle holds, with stand-ins in the place of tensors.
    storages : dict of str to DeclaredStorage
        By key, in the order of first mention.
    tensor_bytes : int
        What all the tensors take together; more than the storages where tensors share them.

    """

    value: Any = None
    storages: dict[str, DeclaredStorage] = field(default_factory=dict[str, DeclaredStorage])
    tensor_bytes: int = 0


def survey(stream: io.BytesIO) -> Survey:
    """Follow one pickle of a torch file.

    Parameters
    ----------
    stream : io.BytesIO
        Where the pickle begins; left where it ends.

    Returns
    -------
    Survey
        What it holds and declares.

    Raises
    ------
    UnreadableError
        If the pickle is damaged, asks for code, or for a tensor beyond its storage.

    """
    start = stream.tell()
    _refuse_code(stream)
    stream.seek(start)
    machine = _Machine()
    try:
        for operation, argument, _ in pickletools.genops(stream):
            machine.step(operation.name, argument)
    except UnreadableError:
        raise
    except Exception as error:  # foreign operations may fail in any way
        raise UnreadableError("is a torch file cut short or damaged", valid=VALID) from error
    return machine.found


def _refuse_code(stream: io.BytesIO) -> None:
    # A pass of its own, so that the answer to a hostile file is what it asks for and not the first
    # other oddity.
    texts: list[str] = []
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(stream)):
            if operation.name == "GLOBAL" and argument not in _GLOBALS:
                raise _asks_for_code(str(argument))
            if operation.name in _CODE:
                raise _asks_for_code(" ".join(texts) or str(argument))
            if count > _OPERATION_LIMIT:
                raise UnreadableError("is a pickle of millions of operations", valid=VALID)
            if isinstance(argument, str):
                texts = [*texts[-1:], argument]
    except UnreadableError:
        raise
    except Exception as error:  # bytes that are no pickle may fail in any way
        raise UnreadableError("is a torch file cut short or damaged", valid=VALID) from error


def _asks_for_code(name: str) -> UnreadableError:
    return UnreadableError(
        f"is a pickle that asks to run code, {quoted(name.replace(' ', '.'))}, which is never done "
        "for a weight file",
        valid=VALID,
    )


class _Machine:
    """A pickle machine that can only build data: nothing in it is called or imported."""

    def __init__(self) -> None:
        self.found = Survey()
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Carry out one operation, or raise."""
        stack = self._stack
        match name:
            case "PROTO":
                pass
            case "MARK":
                self._marked.append(stack)
                self._stack = []
            case "GLOBAL":
                stack.append(_Global(argument))
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_DICT":
                stack.append({})
            case "TUPLE":
                items = self._since_mark()
                self._stack.append(tuple(items))
            case "APPEND":
                item = stack.pop()
                _a(list, stack[-1]).append(item)
            case "APPENDS":
                items = self._since_mark()
                _a(list, self._stack[-1]).extend(items)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                _fill(_a(dict, stack[-1]), [(key, value)])
            case "SETITEMS":
                items = self._since_mark()
                pairs = zip(items[::2], items[1::2], strict=True)
                _fill(_a(dict, self._stack[-1]), list(pairs))
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "REDUCE":
                arguments, function = _a(tuple, stack.pop()), _a(_Global, stack.pop())
                stack.append(self._called(function.name, arguments))
            case "BUILD":
                # The attributes of a state dict: versions of modules, which nothing reads.
                _a(dict, stack.pop())
                _a(dict, stack[-1])
            case "BINPERSID":
                stack.append(self._storage(*_a(tuple, stack.pop())))
            case "STOP":
                (self.found.value,) = stack
            case _ if name in _CONSTANTS:
                stack.append(_CONSTANTS[name])
            case _ if name in _VALUES:
                stack.append(argument)
            case _ if name in _TUPLES:
                stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
            case _:
                raise _MalformedError(name)

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marked.pop()
        return items

    def _called(self, function: str, arguments: tuple[Any, ...]) -> Any:
        if function == _TENSOR:
            return self._tensor(*arguments)
        if function == _PARAMETER:
            return _a(_Tensor, arguments[0])
        if function == _DICT:
            filled: dict[Any, Any] = {}
            # Python 2 passed the items, Python 3 sets them afterwards.
            for items in arguments:
                _fill(filled, _a(list, items))
            return filled
        raise _MalformedError(function)

    def _storage(
        self, role: str, kind: _Global, key: str, _device: str, count: int, view: None = None
    ) -> DeclaredStorage:
        storage = DeclaredStorage(_a(_Global, kind).name.removeprefix("torch "), _a(int, count))
        if role != "storage" or view is not None or storage.kind not in _ELEMENT_SIZES or count < 0:
            raise _MalformedError("storage")
        if self.found.storages.setdefault(_a(str, key), storage) != storage:
            raise _MalformedError("one storage declared in two ways")
        return storage

    def _tensor(
        self,
        storage: DeclaredStorage,
        offset: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        _requires_grad: bool,
        _hooks: dict[Any, Any],
    ) -> _Tensor:
        if any(_a(int, number) < 0 for number in (offset, *shape, *strides)):
            raise _MalformedError("sizes")
        count = math.prod(shape)
        steps = zip(shape, strides, strict=True)
        end = offset + (1 + sum((size - 1) * step for size, step in steps) if count else 0)
        if max(count, end) > _a(DeclaredStorage, storage).count:
            raise UnreadableError(
                f"declares a tensor of {count} elements that ends after element {end} of a storage "
                f"of {storage.count}",
                valid=VALID,
            )
        self.found.tensor_bytes += count * storage.element_size
        return _Tensor(count * storage.element_size)


def _a(kind: type[_T], value: Any) -> _T:
    if type(value) is not kind:
        raise _MalformedError(kind.__name__)
    return value


def _fill(target: dict[Any, Any], pairs: list[Any]) -> None:
    for key, value in pairs:
        # Hashing a tuple takes time without bound where tuples hold each other many times over.
        if type(key) not in (str, int):
            raise _MalformedError("key")
        target[key] = value
