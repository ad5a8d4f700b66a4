"""The training page does without a server what it does with one: the same tests, in the folder and in the one file."""

from tests.browser.test_training_page import (  # noqa: F401
    app,
    test_a_selected_passage_is_marked_and_files_go_out_and_in,
    test_a_whole_case_by_keyboard,
    test_the_reveal_begins_on_the_first_screen_of_a_phone,
    test_what_another_tab_or_somebody_wrote_into_the_storage_is_not_lost,
)
from tests.site.conftest import as_served

pytestmark = as_served
