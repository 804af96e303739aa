"""What the return of displaced people stands on: open ground around settlements and their roads, and an index if asked."""
