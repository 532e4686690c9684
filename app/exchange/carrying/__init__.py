"""Quote requests carried between exchanges: the addresses they arrive at, and sending them (ADR 26)."""
