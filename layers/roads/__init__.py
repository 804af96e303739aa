"""Roads: the network, and what is known of the ground under and beside every piece of it."""
