"""What to clear first, so that most people can return soonest."""
