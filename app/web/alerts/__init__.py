"""Pages of what people follow, and the feeds and letters that come of it."""
