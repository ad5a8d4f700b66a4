"""The web app: Voila behind a launcher that listens on this machine alone, ends what is not used, and says calmly what went wrong."""
