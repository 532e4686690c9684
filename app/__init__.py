"""Techmart: an open virtual technology exchange."""

__version__ = "0.1.0"
