"""The operator's pages for partner exchanges."""
