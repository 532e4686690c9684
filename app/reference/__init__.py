"""Reference tables: regions, research fields, industries, patent classes, readiness levels, in both languages."""
