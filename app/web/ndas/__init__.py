"""Pages where two organisations agree on secrecy and read under it."""
