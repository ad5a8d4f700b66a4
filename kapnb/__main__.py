"""``python -m kapnb``."""

import sys

from kapnb.cli import main

sys.exit(main())
