"""Partner exchanges: the registry, the agreement, credentials, and what the agreement lets each of them see."""
