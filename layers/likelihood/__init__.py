"""Where survey would find contamination: a likelihood from the record, judged beside plain distance.

It is a layer of its own: it never enters the balance, answers no hazard and lowers no caution.
"""

from layers.likelihood.attention import Attention, Evidence, attention
from layers.likelihood.colours import RAMP, colours
from layers.likelihood.fitting import Likelihood, fit
from layers.likelihood.refused import NotEnough
from layers.likelihood.settings import Settings
from layers.likelihood.surface import SENTENCES, Surface

__all__ = [
    "RAMP",
    "SENTENCES",
    "Attention",
    "Evidence",
    "Likelihood",
    "NotEnough",
    "Settings",
    "Surface",
    "attention",
    "colours",
    "fit",
]
