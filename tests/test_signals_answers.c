/* SPDX-License-Identifier: Apache-2.0 */
/* What banks answer to recommendations, through the whole engine. */
#include "tests/signals_run.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

#include "detector/recommendation.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 64 };
struct published {
    char id[RECOMMENDATION_ID_SIZE + 1], account[TOKEN_MAX];
    int revision, state;
};

/* What a recommendation of the wire begins with: id, revision and state. */
static struct published published_at(int32_t partition, size_t index) {
    struct port_record record;
    struct published p = {.id = ""};
    assert_true(
        memory_port_get(signals_run.base.memory, RECOMMENDATIONS, partition, index, &record));
    const uint8_t *body = record.value.data + 5;
    assert_int_equal(body[0], 2 * RECOMMENDATION_ID_SIZE);
    memcpy(p.id, body + 1, RECOMMENDATION_ID_SIZE);
    p.revision = body[1 + RECOMMENDATION_ID_SIZE] / 2;
    p.state = body[2 + RECOMMENDATION_ID_SIZE] / 2;
    assert_true(record.key.size < TOKEN_MAX);
    memcpy(p.account, record.key.data, record.key.size);
    return p;
}

static void send_answer(const struct published *to, int32_t revision, enum outcome_result result) {
    struct signal s = sample_signal("answer", to->account, 100);
    s.revision = revision;
    s.kind = SIGNAL_OUTCOME;
    s.source = SOURCE_BANK;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.outcome_present = true;
    s.recommendation_id = text_of(to->id);
    s.outcome_result = (uint8_t)result;
    sample_send_signal(signals_run.base.memory, signals_run.base.encoder, "answer", &s, PARTITIONS);
}

static uint64_t answers(enum outcome_result result, enum action action) {
    return metrics_get_outcome(result, action);
}

/* Opened, answered, answered once more, and started again each time. */
static void answer_the_first(void) {
    make_signals_topic();
    send_transactions(0, 300);
    signals_must_run();
    const size_t before = memory_port_count(signals_run.base.memory, RECOMMENDATIONS, 0);
    assert_true(before > 0);
    const struct published opened = published_at(0, 0);
    assert_int_equal(opened.state, RECOMMENDATION_ISSUED);
    send_answer(&opened, 1, OUTCOME_FALSE_POSITIVE);
    send_answer(&opened, 1, OUTCOME_FALSE_POSITIVE);
    signals_must_run();
    assert_int_equal(answers(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 1);
    assert_int_equal(memory_port_count(signals_run.base.memory, RECOMMENDATIONS, 0), before + 1);
    const struct published withdrawn = published_at(0, before);
    assert_string_equal(withdrawn.id, opened.id);
    assert_int_equal(withdrawn.state, RECOMMENDATION_WITHDRAWN);
    assert_true(withdrawn.revision > opened.revision);
    send_answer(&opened, 2, OUTCOME_CONFIRMED_FRAUD);
    signals_must_run();
    assert_int_equal(answers(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 0); /* replayed */
    assert_int_equal(answers(OUTCOME_CONFIRMED_FRAUD, ACTION_REVIEW_ONLY), 1);
    assert_int_equal(memory_port_count(signals_run.base.memory, RECOMMENDATIONS, 0), before + 1);
}

static void send_withdrawal(void) {
    struct signal s = sample_signal("withdrawal", "nobody", 101);
    s.kind = SIGNAL_WITHDRAWAL;
    s.source = SOURCE_BANK;
    s.subject_count = 0;
    s.withdraws_signal_id = text_of("answer");
    sample_send_signal(signals_run.base.memory, signals_run.base.encoder, "withdrawal", &s,
                       PARTITIONS);
}

/* So that what counts is what is not taken back. */
static void what_is_taken_back_is_counted(void **state) {
    (void)state;
    use_snapshots();
    answer_the_first();
    assert_int_equal(metrics_get_unsaid(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 1);
    send_withdrawal();
    signals_must_run();
    assert_int_equal(metrics_get_unsaid(OUTCOME_CONFIRMED_FRAUD, ACTION_REVIEW_ONLY), 1);
    assert_int_equal(metrics_get_unsaid(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 0);
    send_withdrawal();
    signals_must_run();
    assert_int_equal(metrics_get_unsaid(OUTCOME_CONFIRMED_FRAUD, ACTION_REVIEW_ONLY), 0);
}

static void an_answer_withdraws_once_whatever_is_replayed(void **state) {
    (void)state;
    answer_the_first();
}

static void an_answer_is_remembered_by_snapshots(void **state) {
    (void)state;
    use_snapshots();
    answer_the_first();
}

static void answers_are_on_the_page_of_metrics(void **state) {
    char *page = NULL;
    size_t size = 0;
    (void)state;
    metrics_reset();
    metrics_add_outcome(OUTCOME_NO_FUNDS, ACTION_HOLD_AMOUNT);
    metrics_add_unsaid(OUTCOME_HELD, ACTION_REVIEW_ONLY);
    FILE *out = open_memstream(&page, &size);
    metrics_print(out);
    (void)fclose(out);
    assert_non_null(
        strstr(page, "\nsaqshy_outcomes_total{result=\"NO_FUNDS\",action=\"HOLD_AMOUNT\"} 1\n"));
    assert_non_null(strstr(
        page, "\nsaqshy_outcomes_taken_back_total{result=\"HELD\",action=\"REVIEW_ONLY\"} 1\n"));
    free(page);
    metrics_reset();
    assert_int_equal(answers(OUTCOME_NO_FUNDS, ACTION_HOLD_AMOUNT), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_withdraws_once_whatever_is_replayed),
        TEST(an_answer_is_remembered_by_snapshots),
        TEST(what_is_taken_back_is_counted),
        TEST(answers_are_on_the_page_of_metrics),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
