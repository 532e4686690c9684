"""Pages where buyers ask for quotes and holders answer."""
