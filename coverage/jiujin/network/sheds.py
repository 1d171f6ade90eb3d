"""The streets that can be reached."""
