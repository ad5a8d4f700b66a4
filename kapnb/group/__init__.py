"""A group's judgments without their page: what was judged, how far it agrees, where it differs, what to talk about."""
