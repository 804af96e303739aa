"""A stranger's file becomes rows with a verdict each: accepted, accepted with a repair that is named, or rejected."""

from layers.reading.assess import Programme, Verdict, assess
from layers.reading.files import grown_box, load, read
from layers.reading.questions import Question, Unreadable
from layers.reading.report import Problem
from layers.reading.table import RawTable

__all__ = [
    "Problem",
    "Programme",
    "Question",
    "RawTable",
    "Unreadable",
    "Verdict",
    "assess",
    "grown_box",
    "load",
    "read",
]
