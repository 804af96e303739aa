"""What to clear first, so that most people can return soonest (domain rules, section 7)."""
