"""What goes wrong in a browser is told without a server as with one, and nothing is lost: the same tests, in the folder."""

from tests.browser.test_browser_faults import (  # noqa: F401
    test_a_full_storage_leaves_what_was_kept,
    test_two_tabs_keep_a_case_each,
)
from tests.site.conftest import as_served

pytestmark = as_served
