"""Paper: atlases and single sheets that hang on a wall, drawn as vectors, every hazard counted."""
