"""The HTML entrance: pages, forms and fragments under /vi and /en. Endpoints are thin; features do the work."""
