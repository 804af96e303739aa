"""Ways through the network by evidence: exact fronts of time against exposure, verdicts, access."""
