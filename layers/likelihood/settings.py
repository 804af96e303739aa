"""How a likelihood is learned: sizes of cells and blocks, when ground counts as looked at, what is too little."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How a likelihood is learned and judged.

    Attributes:
        cell_m: side of a cell (m).
        block_m: side of a block (m); cells of a block are never in training and test at once.
        margin_m: cells so near to a test block (m) are not trained on: a polygon over its edge would tell of both.
        folds: parts of the cross-validation.
        seed: of everything that is drawn.
        origins: the days at which one looks ahead; None: the ends of the last `most_origins` calendar years.
        most_origins: how many.
        looked_share: from which share of a cell looked at without a find it counts as looked at.
        finds_recorded: whether the programme records what clearance finds as spots. Then cleared ground without a find
            was looked at in vain; else it says nothing.
        least: examples of either kind, and blocks per fold with each, without which it is refused.
        area_shares: shares of the area for which the recall is told.
    """

    cell_m: float = 1000.0
    block_m: float = 15_000.0
    margin_m: float = 2000.0
    folds: int = 5
    seed: int = 1
    origins: tuple[dt.date | str, ...] | None = None
    most_origins: int = 6
    looked_share: float = 0.1
    finds_recorded: bool = False
    least: int = 30
    area_shares: tuple[float, ...] = (0.05, 0.10, 0.20)

    def __post_init__(self) -> None:
        for name, ok, what in (
            ("cell_m", self.cell_m > 0, "above 0 m"),
            ("block_m", self.block_m >= self.cell_m, "no smaller than a cell"),
            ("margin_m", self.margin_m >= 0, "0 m or more"),
            ("folds", self.folds >= 2, "2 or more"),
            ("most_origins", self.most_origins >= 1, "1 or more"),
            ("looked_share", 0 < self.looked_share <= 1, "above 0 and at most 1"),
            ("least", self.least >= 1, "1 or more"),
            ("area_shares", all(0 < share <= 1 for share in self.area_shares), "each above 0 and at most 1"),
        ):
            if not ok:
                message = f"{name} is {getattr(self, name)}; it must be {what}"
                raise ValueError(message)
