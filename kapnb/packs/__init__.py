"""The guidance packs, one folder each. The variable KAPNB_PACKS names further folders that hold some."""

import os

__path__ = [*__path__, *filter(None, os.environ.get("KAPNB_PACKS", "").split(os.pathsep))]
