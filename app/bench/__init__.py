"""The project's own figures: `techmart bench`. Speeds are told as ratios to something run beside them."""
