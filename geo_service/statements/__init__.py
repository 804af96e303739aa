"""Written answers: a parcel, a road or a settlement, numbered, dated, expiring, kept as they were given."""
