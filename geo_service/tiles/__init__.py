"""Vector tiles (MVT 2.1) of our own: every record from z10 up, cells in which every record counts below."""
