/* SPDX-License-Identifier: Apache-2.0 */
/* A table of outcomes that says on which day it was decided, and no more. */
#include "detector/commands/signal_draft.h"
#include "tests/a_signal.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "recommendation_id,result,issued_at,decided_at\n"
#define ROW(issued, decided) HEAD "0123456789abcdef0123456789abcdef,HELD," issued "," decided "\n"
#define ISSUED "2026-01-01T08:00:00Z"
enum { HOUR = 3600, DAY = 86400, MICROS = 1000000 };
#define MIDNIGHT SIGNALS_START_S

struct stand {
    struct encoder *encoder;
    struct signal_drafts drafts;
    struct error error;
};

static int setup(void **state) {
    static struct stand stand;
    stand = (struct stand){.encoder = encoder_open(&stand.error)};
    *state = &stand;
    return stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    signal_drafts_free(&stand->drafts);
    encoder_close(stand->encoder);
    return 0;
}

static bool read_table(struct stand *stand, const char *csv) {
    char path[] = "/tmp/saqshy-outcomes-XXXXXX";
    size_t passed = 0;
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, csv, strlen(csv)), (ssize_t)strlen(csv));
    close(descriptor);
    signal_drafts_free(&stand->drafts);
    stand->drafts = (struct signal_drafts){0};
    const bool ok =
        signal_drafts_read_outcomes(&stand->drafts, path, ',', "BANK", &passed, &stand->error);
    unlink(path);
    return ok;
}

/* NULL: it is refused, and the error is in the stand. */
static const struct signal_draft *draft_at(struct stand *stand, const char *csv, int64_t now_s) {
    if (!read_table(stand, csv)) return NULL;
    struct signal_draft *draft = &stand->drafts.items[0];
    return signal_draft_complete(draft, now_s * MICROS, stand->encoder, &stand->error) ? draft
                                                                                       : NULL;
}

static int64_t reported_at(struct stand *stand, const char *csv, int64_t now_s) {
    const struct signal_draft *draft = draft_at(stand, csv, now_s);
    if (draft == NULL) fail_msg("%s", stand->error.text);
    return draft == NULL ? 0 : draft->signal.reported_at_s;
}

static void a_day_is_over_at_its_end_and_now_until_then(void **state) {
    struct stand *stand = *state;
    static const char csv[] = ROW(ISSUED, "2026-01-01");
    assert_int_equal(reported_at(stand, csv, MIDNIGHT + 9 * HOUR), MIDNIGHT + 9 * HOUR);
    assert_int_equal(reported_at(stand, csv, MIDNIGHT + DAY - 1), MIDNIGHT + DAY - 1);
    assert_int_equal(reported_at(stand, csv, MIDNIGHT + 5 * DAY), MIDNIGHT + DAY - 1);
}

/* In Kazakhstan the day of issue has begun, in UTC it has not. */
static void the_day_is_that_of_those_who_write(void **state) {
    struct stand *stand = *state;
    static const char csv[] = ROW("2025-12-31T20:00:00Z", "2026-01-01");
    const int64_t now_s = MIDNIGHT - 3 * HOUR;
    assert_int_equal(reported_at(stand, csv, now_s), now_s);
    assert_null(draft_at(stand, csv, MIDNIGHT - 5 * HOUR - 1));
    assert_non_null(strstr(stand->error.text, "FUTURE_TIME"));
}

static void a_day_before_the_issue_and_one_to_come_are_refused(void **state) {
    struct stand *stand = *state;
    assert_null(draft_at(stand, ROW(ISSUED, "2025-12-31"), MIDNIGHT + DAY));
    assert_non_null(strstr(stand->error.text, "occurred_at is more than"));
    assert_null(draft_at(stand, ROW(ISSUED, "2026-01-03"), MIDNIGHT + DAY));
    assert_non_null(strstr(stand->error.text, "FUTURE_TIME"));
    assert_null(draft_at(stand, ROW(ISSUED, "2026-02-30"), MIDNIGHT + DAY));
    assert_non_null(strstr(stand->error.text, "decided_at: not a time"));
}

/* Published that day, and read anew when it is over. */
static void the_same_table_is_the_same_signal_on_any_day(void **state) {
    struct stand *stand = *state;
    static const char csv[] = ROW(ISSUED, "2026-01-01");
    char id[SIGNAL_UUID_SIZE];
    struct signal there;
    const struct signal_draft *draft = draft_at(stand, csv, MIDNIGHT + 9 * HOUR);
    assert_non_null(draft);
    there = draft->signal;
    snprintf(id, sizeof id, "%s", draft->id);
    struct signal_drafts first = stand->drafts; /* owns the texts of `there` */
    stand->drafts = (struct signal_drafts){0};
    draft = draft_at(stand, csv, MIDNIGHT + 5 * DAY);
    assert_string_equal(draft->id, id);
    assert_true(signal_draft_says(draft, &there, stand->encoder));
    draft = draft_at(stand, ROW(ISSUED, "2026-01-02"), MIDNIGHT + 5 * DAY);
    assert_string_not_equal(draft->id, id);
    signal_drafts_free(&first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_day_is_over_at_its_end_and_now_until_then, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_day_is_that_of_those_who_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_day_before_the_issue_and_one_to_come_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_same_table_is_the_same_signal_on_any_day, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
