"""The assessment page does without a server what it does with one, and when something goes wrong: the same tests, in the folder."""

from tests.browser.conftest import app, opened  # noqa: F401
from tests.browser.test_assessment_page import (  # noqa: F401
    test_a_bad_file_is_told_in_place,
    test_a_kept_case_that_cannot_be_read_is_set_aside,
    test_a_saved_case_loads_as_it_was,
    test_a_what_if_survives_a_reload,
    test_an_answer_can_be_cleared,
    test_an_opened_part_stays_open,
    test_an_outcome_turns_on_a_reading,
    test_forgetting_leaves_nothing_in_the_browser,
    test_only_what_changed_is_shown,
    test_paper_shows_answers_and_explanation,
    test_the_next_question_leads_to_itself,
    test_the_outcome_follows_each_deciding_answer,
)
from tests.browser.test_browser_faults import (  # noqa: F401
    test_a_full_storage_leaves_what_was_kept,
    test_two_tabs_keep_a_case_each,
)
from tests.site.conftest import as_served

pytestmark = as_served
