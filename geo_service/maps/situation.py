"""What a map shows."""

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class Situation:
    """The records in force and the balance at (as_of, known_at).

    Attributes:
        authority, standard, contact, notice: who answers for it, and the sentences that it must carry.
        synthetic: invented data; coverage_gap: the date lies before the first record.
        frames: layer -> records in force (EPSG:4326); hazards with `area_m2`, `open_m2`, `state`.
        partition: a row per district; total: the same for all.
        certificate_passed: whether the balance proved itself.
    """

    as_of: dt.date
    known_at: str
    revision: int
    authority: str
    notice: str
    synthetic: bool
    coverage_gap: bool
    frames: dict[str, gpd.GeoDataFrame]
    partition: pd.DataFrame
    total: dict[str, float]
    certificate_passed: bool
