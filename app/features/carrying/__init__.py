"""Quote requests between exchanges: what is said of them, and what is made of what the other says (ADR 26)."""
