"""How annotations are checked under pytest: where a float is asked for, an int will do."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
