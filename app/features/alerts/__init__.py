"""Being told: what people follow, what there is to tell them, and when letters go out."""
