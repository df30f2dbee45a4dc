"""Protobuf messages from a few lines of schema, and a check of hostile bytes before parsing.

The parser is Google's; the schemas are ours and name only the fields that are read. A packed
`repeated float` is declared as `repeated bytes`, which is the same on the wire, so that numpy and
torch can take the values whole instead of one Python float at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from curvecircuits.models.readers.problems import UnreadableError

Schema = Mapping[str, Mapping[str, tuple[int, str]]]

_VALID = "a complete file is valid"
_FIELD_LIMIT = 1_000_000  # real networks have some ten thousand
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SCALARS: dict[str, descriptor_pb2.FieldDescriptorProto.Type.ValueType] = {
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
}


def parse(data: bytes, *, schema: Schema, root: str, limit: int = _FIELD_LIMIT) -> Any:
    r"""Parse a protobuf message of the given schema, after a walk over its structure.

    Parameters
    ----------
    data : bytes
        The message.
    schema : Schema
        For each message its fields: name → (number, type), the type being "string", "bytes",
        "int32", "int64" or another message, with "*" before it if repeated.
    root : str
        Which message of the schema it is.
    limit : int
        How many fields it may have: a parser's objects take many times the bytes of the fields
        that ask for them.

    Returns
    -------
    Message
        The parsed message, of a class made here: its fields are attributes.

    Raises
    ------
    UnreadableError
        If a field runs past the end or has the wrong kind, or there are too many fields.

    Examples
    --------
    >>> parse(b"\x0a\x01x", schema={"Net": {"name": (1, "string")}}, root="Net").name
    'x'

    """
    kind = _message_type(schema, root)
    _Walk(data, limit).check(kind)
    return message_factory.GetMessageClass(kind).FromString(data)


def _message_type(schema: Schema, root: str) -> Descriptor:
    file = descriptor_pb2.FileDescriptorProto(
        name="curvecircuits.proto", package="curvecircuits", syntax="proto2"
    )
    for message, fields in schema.items():
        kind = file.message_type.add(name=message)
        for name, (number, spelt) in fields.items():
            field = kind.field.add(name=name, number=number)
            repeated = spelt.startswith("*")
            field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            of = spelt.removeprefix("*")
            if of in _SCALARS:
                field.type = _SCALARS[of]
            else:
                field.type, field.type_name = field.TYPE_MESSAGE, f".curvecircuits.{of}"
    # A pool of its own: the default one may already hold TensorFlow's or Caffe's messages.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMessageTypeByName(f"curvecircuits.{root}")


@dataclass
class _Walk:
    """One pass over tags and lengths, which allocates nothing."""

    data: bytes
    limit: int
    fields: int = 0

    def check(self, kind: Descriptor) -> None:
        self._message(0, len(self.data), kind)

    def _message(self, start: int, end: int, kind: Descriptor) -> None:
        for number, wire, at, stop in self._entries(start, end):
            field = kind.fields_by_number.get(number)
            if field is None:
                continue
            whole = field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
            if wire != _BYTES and not (whole and wire == _VARINT):
                raise UnreadableError(
                    f"is damaged: the field '{field.name}' before byte {at} has the wrong kind",
                    valid=_VALID,
                )
            if field.message_type is not None:
                self._message(at, stop, field.message_type)
            elif field.type == FieldDescriptor.TYPE_STRING:
                self._check_text(at, stop)
            elif whole:
                # Packed whole numbers can take a byte each and eight in memory.
                self._count(stop - at)

    def _check_text(self, start: int, end: int) -> None:
        try:
            self.data[start:end].decode()
        except UnicodeDecodeError as error:
            raise UnreadableError(
                f"is damaged: the name at byte {start} is no text", valid=_VALID
            ) from error

    def _entries(self, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        while at < end:
            self._count(1)
            tag, at = self._varint(at, end)
            number, wire = tag >> 3, tag & 7
            start = at
            if wire == _VARINT:
                _, at = self._varint(at, end)
            elif wire == _BYTES:
                length, start = self._varint(at, end)
                at = start + length
            elif wire in (_FIXED32, _FIXED64):
                at += 4 if wire == _FIXED32 else 8
            else:
                raise UnreadableError(
                    f"is damaged: no field can begin before byte {at}", valid=_VALID
                )
            if number == 0:
                raise UnreadableError(
                    f"is damaged: no field can begin before byte {at}", valid=_VALID
                )
            if at > end:
                raise UnreadableError(
                    f"is cut short or damaged: the field at byte {start} should end at byte {at} "
                    f"and there are only {end}",
                    valid=_VALID,
                )
            yield number, wire, start, at

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 64:
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7
        raise UnreadableError(f"is cut short or damaged at byte {at}", valid=_VALID)

    def _count(self, fields: int) -> None:
        self.fields += fields
        if self.fields > self.limit:
            raise UnreadableError(f"has over {self.limit} fields", valid="fewer are valid")
