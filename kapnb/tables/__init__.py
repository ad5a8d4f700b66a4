"""Case tables: the only rooms that need pandas."""
