"""Pages of organisations: the public list and page, the desk of their people, the operator's verification."""
