"""What anybody sees: home, results, a listing, browsing, feeds, the texts about the exchange."""
