"""Programs that nobody here wrote, fetched for the tests: npm's, Debian's, and pyoai in an environment of its own."""
