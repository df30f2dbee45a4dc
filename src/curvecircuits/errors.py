"""The exceptions of the package: each message is one sentence that says what is valid."""


class CurveCircuitsError(Exception):
    """Base of every error a user can cause; the command line prints its message and exits 2."""


class InputError(CurveCircuitsError, ValueError):
    """An argument, address or image that cannot be used."""


class WeightsError(CurveCircuitsError, ValueError):
    """A weight file that is damaged, of another network, or not a weight file."""


class UnavailableError(CurveCircuitsError, RuntimeError):
    """Something needed is not here: a file that must be fetched, or an extra not installed."""
