"""What keeps an installation running: the embedded database, the supervisor, logs, admission, limits and health."""
