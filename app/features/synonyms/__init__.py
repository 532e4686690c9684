"""Terms in two languages: what the operator adds, changes and retires, and the file they travel in."""
