"""When a file can't be read, or a choice is not ours to make."""

from collections.abc import Sequence


class Unreadable(ValueError):
    """The file can't be read; the message says why and what to do."""


class Question(ValueError):
    """Something must be answered before the file can be read; it is never guessed.

    Attributes:
        code: what is asked, for programs.
        message: the question, with what to send to answer it.
        choices: answers that fit.
    """

    def __init__(self, code: str, message: str, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.choices = code, message, tuple(choices)
