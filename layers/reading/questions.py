"""When a file can't be read, or a choice is not ours to make."""

from layers.questions import Question, Unreadable

__all__ = ["Question", "Unreadable"]
