"""The text that goes with files which cannot say for themselves what they describe."""

from collections.abc import Mapping, Sequence

from geo_service.exports.content import Content, label_of


def readme(content: Content, counts: Mapping[str, int], remarks: Sequence[str] = ()) -> str:
    """Return README.txt of an export: its dates, its sentences, and how many records of each layer it holds.

    Args:
        content: what is exported.
        counts: how many of each layer were written.
        remarks: what else must be known of these files.
    """
    told = content.about
    first = ("synthetic", "coverage_gap", "notice")
    lines = [line for name in first if name in told for line in (told[name], "")]
    lines += [f"{name}: {text}" for name, text in told.items() if name not in first]
    lines += ["", "Coordinates are longitude and latitude on WGS 84 (EPSG:4326).", ""]
    lines += [f"{layer}: {counts[layer]} ({label_of(layer)})" for layer in content.layers]
    lines += [
        "",
        "Withdrawn records are left out. Hazards on released ground are here, with their state.",
        "Ground that no layer shows has no recorded hazard: nobody assessed it.",
        *remarks,
    ]
    return "\n".join(lines) + "\n"
