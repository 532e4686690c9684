"""Pages of brokers: the board of cases, and one case."""
