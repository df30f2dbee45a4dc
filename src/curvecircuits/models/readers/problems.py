"""What a reader raises inside; `read_weights` turns it into the one sentence a user sees."""

ANY_FORMAT = (
    "a safetensors file, a frozen TensorFlow graph (.pb, .pb.gz or .zip), a .caffemodel "
    "or a torch state dict (.pth, .pt) is valid"
)


class UnreadableError(Exception):
    """Bytes that cannot be read as weights.

    Parameters
    ----------
    wrong : str
        What is wrong, as the end of a sentence that begins with the file's name.
    valid : str
        What would have been valid, as a clause of its own.

    """

    def __init__(self, wrong: str, *, valid: str = ANY_FORMAT) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.valid = valid


def quoted(name: object) -> str:
    """Spell a name out of an untrusted file, fit for a one-line message."""
    text = ascii(name)
    return text if len(text) <= 80 else f"{text[:76]}...'"
