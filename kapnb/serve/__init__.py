"""The web app: Voila behind a launcher that keeps to this machine, ends what is not used and says calmly what went wrong."""

import sys

# With it jsonschema would build a grammar of addresses on import. That took as long as the rest of a start, and nobody asks it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
