"""Pages of deals: what follows an acceptance, up to an outcome that both sides confirm."""
