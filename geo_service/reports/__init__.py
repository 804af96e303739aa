"""Reports of a period, and editions: figures that were published."""
