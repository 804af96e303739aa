"""Who may do what: roles, tokens, identity providers, limits, the access log and what the public sees."""
