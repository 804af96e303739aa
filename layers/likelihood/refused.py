"""When the records can't carry a likelihood."""


class NotEnough(Exception):
    """The records can't carry a likelihood; the message says what is missing and what to do, for people."""
