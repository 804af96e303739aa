"""The way home: questions about routes, and their answers in every form."""
