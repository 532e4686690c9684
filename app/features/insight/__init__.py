"""Figures about the exchange."""
