"""The balance of the ground: faces, states, ledger, certificate.

from layers import coverage
arrangement = coverage.arrange(hazards, releases, surveys, districts)
arrangement.partition("2021-06-01"); arrangement.ledger("2021-01-01", "2021-06-01")
"""

from layers.coverage.balance import Arrangement, arrange

__all__ = ["Arrangement", "arrange"]
