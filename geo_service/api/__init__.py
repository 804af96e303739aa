"""The HTTP service: a router per resource."""
