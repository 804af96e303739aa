"""What the OGC API standards ask of a service: links, coordinate systems, filters, schemas, formats, edits, tiles."""
