"""What return stands on: open ground around settlements and their roads, and an index if asked for."""
