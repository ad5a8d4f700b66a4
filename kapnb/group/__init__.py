"""The supervision room without its page: what a group judged, how far it agrees, where it differs, what to talk about."""
