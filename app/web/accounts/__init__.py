"""Pages about one's own account: opening it, getting in and out, what it knows."""
