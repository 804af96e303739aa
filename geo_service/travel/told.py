"""What an answer says of a way, by the names that the contract gives it."""

WAY = (
    "verdict",
    "reasons",
    "conditions",
    "length_m",
    "duration_s",
    "exposure_m",
    "evidence",
    "segments",
    "expires_on",
)
"""All of it but its turns."""
