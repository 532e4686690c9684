"""Pages of those who list and of the operator who reviews: desk, form, confidential part, review, files."""
