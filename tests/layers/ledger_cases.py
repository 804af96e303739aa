"""Small histories for section 5 of domain.md: the lines of the ledger, what is known when, the figures beside."""

from balance_case import Case, h, r

LEDGER = [
    Case(
        "growth by survey is expansion, by correction corrected",
        hazards=(h("H", 1, "a"), h("H", 3, "ab"), h("H", 5, "abc", change="correction")),
        states={1: "S...", 3: "SS..", 5: "SSS."},
        lines={"new": 1, "expansion": 1, "corrected": 1},
    ),
    Case(
        "new is the hazard's first day anywhere, not the cell's",
        hazards=(h("H", 1, "a", withdrawn=True), h("H", 2, "a", opened=3), h("H", 5, "b"), h("K", 5, "c", opened=5)),
        states={1: "....", 2: "....", 3: "S...", 5: ".SS."},
        lines={"new": 2, "expansion": 1, "corrected": -1},
    ),
    Case(
        "a hazard withdrawn is corrected, brought back by a correction too",
        hazards=(h("H", 1, "a"), h("H", 3, "a", withdrawn=True), h("H", 5, "a", change="correction")),
        states={1: "S...", 3: "....", 5: "S..."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "a hazard withdrawn on the day a release covers it: cleaning data is never progress",
        hazards=(h("H", 1, "a"), h("H", 3, "a", withdrawn=True)),
        releases=(r("R", 3, "a"),),
        states={1: "S...", 3: "r..."},
        lines={"new": 1, "corrected": -1},
    ),
    Case(
        "a release that answers what was answered already did not release the ground",
        hazards=(h("H", 1, "a"), h("K", 1, "a"), h("K", 5, "b", change="correction")),
        releases=(r("R", 3, "a", hazards=["H"]), r("Q", 5, "a", "cleared", qc_status="passed", qc=5, hazards=["H"])),
        states={3: "S...", 5: "lS.."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "a release that was effective before did not release the ground: the hazard's change did",
        hazards=(h("H", 1, "a", "CHA"), h("H", 5, "a", change="correction")),
        releases=(r("R", 3, "a", "cancelled"), r("Q", 5, "b", "cancelled")),
        states={3: "C...", 5: "kk.."},
        lines={"new": 1, "corrected": -1},
        unbooked=1,
    ),
    Case(
        "a release that came to cover the ground released it, effective elsewhere or not",
        hazards=(h("H", 1, "ab"),),
        releases=(r("R", 3, "a"), r("R", 5, "ab", done=3)),
        states={3: "rS..", 5: "rr.."},
        lines={"new": 2, "reduced": -2},
    ),
    Case(
        "the line is that of the state reached",
        hazards=(h("H", 1, "a"), h("K", 1, "a")),
        releases=(
            r("R", 3, "a", "cancelled", hazards=["H"]),
            r("Q", 5, "a", "cleared", qc_status="passed", qc=5, hazards=["K"]),
        ),
        states={3: "S...", 5: "k..."},
        lines={"new": 1, "cancelled": -1},
    ),
    Case(
        "released again by something stronger: no line",
        hazards=(h("H", 1, "a"),),
        releases=(r("R", 3, "a", "cancelled"), r("Q", 5, "a", "cleared", qc_status="passed", qc=5)),
        states={3: "k...", 5: "l..."},
        lines={"new": 1, "cancelled": -1},
    ),
    Case(
        "the profile changes and the class does not: zero in class and total",
        hazards=(h("H", 1, "a", devices=["UXO"]), h("K", 3, "a", opened=3, devices=["AP_mine"])),
        states={1: "S...", 3: "S..."},
        lines={"new": 1, "reclassified": 0},
    ),
]

KNOWLEDGE = [
    Case(
        "of two versions of one day only the last recorded is in force",
        hazards=(h("H", 1, "ab", known=2), h("H", 1, "a", known=1)),
        states={1: "SS.."},
        lines={"new": 2},
    ),
    Case(
        "and as known between the two, the first",
        hazards=(h("H", 1, "ab", known=2), h("H", 1, "a", known=1)),
        known=1,
        states={1: "S..."},
        lines={"new": 1},
    ),
    Case(
        "recorded at once, the later row",
        hazards=(h("H", 1, "ab"), h("H", 1, "a", "CHA")),
        states={1: "C..."},
        lines={"new": 1},
    ),
    Case(
        "it counts as survey if any of them is",
        hazards=(
            h("H", 1, "a"),
            h("H", 5, "ab"),
            h("H", 5, "abc", change="correction", known=1),
        ),
        releases=(r("R", 3, "c"),),
        states={3: "S.r.", 5: "SSS."},
        lines={"new": 1, "expansion": 1, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "an id's first recorded version without `change` is a survey, though it describes the later day",
        hazards=(h("H", 5, "ab", change=None), h("H", 1, "a", change="correction", known=1)),
        releases=(r("R", 3, "b"),),
        states={3: "Sr..", 5: "SS.."},
        lines={"new": 1, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "a back-dated version holds only until the next valid_from",
        hazards=(h("H", 1, "a"), h("H", 5, "a"), h("H", 3, "abc", change="correction", known=1)),
        states={1: "S...", 3: "SSS.", 5: "S..."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "and was not known then",
        hazards=(h("H", 1, "a"), h("H", 5, "a"), h("H", 3, "abc", change="correction", known=1)),
        known=0,
        states={1: "S...", 3: "S...", 5: "S..."},
        lines={"new": 1},
    ),
]

BESIDE = [
    Case(
        "pending: open ground that completed releases would release, were they effective",
        hazards=(h("H", 1, "abcd"), h("K", 1, "b")),
        releases=(
            r("R", 3, "ab", "cleared", done=5, hazards=["H"]),
            r("Q", 3, "c", "cleared", qc_status="failed", qc=3),
            r("P", 3, "d", "reduced", qc_status="pending"),
        ),
        states={4: "SSSS", 5: "SSSS"},
        figures={
            4: {"pending_qc_m2": 1, "overlap_m2": 1, "hazards_open": 2},
            5: {"pending_qc_m2": 2, "overlap_m2": 1, "hazards_open": 2},
        },
    ),
    Case(
        "pending: several releases together, and no desk cancels a CHA",
        hazards=(h("H", 1, "a"), h("K", 1, "a", "CHA"), h("L", 1, "b", "CHA")),
        releases=(
            r("R", 3, "a", "cancelled", qc_status="pending", hazards=["H"]),
            r("Q", 4, "a", "reduced", qc_status="pending", hazards=["K"]),
            r("P", 4, "b", "cancelled", qc_status="pending"),
        ),
        states={3: "CC..", 4: "CC.."},
        figures={3: {"pending_qc_m2": 0}, 4: {"pending_qc_m2": 1}},
    ),
    Case(
        "released without a record: where no hazard has stood on any day up to then",
        hazards=(
            h("H", 1, "b", opened=2),
            h("H", 4, "b", withdrawn=True),
            h("K", 5, "c", opened=5),
            h("W", 1, "a", withdrawn=True),
        ),
        releases=(r("R", 1, "abc"),),
        states={1: "rrr.", 4: "rrr.", 5: "rrS."},
        figures={
            1: {"released_without_record_m2": 3},
            4: {"released_without_record_m2": 2},
            5: {"released_without_record_m2": 1, "hazards_open": 1},
        },
    ),
    Case(
        "overlap: each hazard where it is unanswered, minus the open ground",
        hazards=(h("H", 1, "abc"), h("K", 1, "bc", "CHA"), h("L", 1, "c")),
        releases=(r("R", 3, "bc", hazards=["K"]),),
        states={1: "SCC.", 3: "SSS."},
        figures={1: {"overlap_m2": 3, "hazards_open": 3}, 3: {"overlap_m2": 1, "hazards_open": 2}},
    ),
]

LEDGER_CASES = [*LEDGER, *KNOWLEDGE, *BESIDE]
