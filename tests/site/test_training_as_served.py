"""The training page does without a server what it does with one: the same tests, in the folder."""

from tests.browser.test_training_page import (  # noqa: F401
    app,
    test_files_go_out_and_in,
)
from tests.site.conftest import as_served

pytestmark = as_served
