"""What the parts in frontend/templates/parts take: one frozen dataclass per part, filled by the endpoints."""
