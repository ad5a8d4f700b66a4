"""The web app: Voila behind a launcher that keeps to this machine, ends what is not used and says calmly what went wrong."""
