/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a file of feature vectors. tests/test_features.py reads whole files. */
#include "tests/support.h"

#include "detector/commands/vector_rows.h"
#include "detector/recommendation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct batch *batch;
static char row[VECTOR_ROW_MAX + 1];

static int open_batch(void **state) {
    (void)state;
    batch = batch_new();
    return batch == NULL;
}

static int close_batch(void **state) {
    (void)state;
    batch_free(batch);
    return 0;
}

/* One payee of the third event, every value null. */
static struct side *one_side(void) {
    batch->count = 3;
    batch->sides = 1;
    batch->input[2] = (struct input){
        .topic = "in", .partition = 4, .ordinal = 6, .record = {.offset = INT64_C(5000000000)}};
    batch->tx[2] = (struct transaction){.tx_id = text_of("pay"), .event_time_s = 1767225600};
    batch->tx[2].payee.account_token = text_of("token");
    batch->side[0] = (struct side){.event = 2, .account_number = 9, .role = SIDE_PAYEE};
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][0] = NAN;
    return &batch->side[0];
}

static const char *csv_row(void) {
    row[vector_csv.row(batch, 0, row)] = '\0';
    return row;
}

static void begins(const char *line, const char *expected) {
    if (strncmp(line, expected, strlen(expected)) != 0) fail_msg("%s", line);
}

static void a_csv_row_says_where_who_when_and_how_good(void **state) {
    (void)state;
    struct side *side = one_side();
    begins(csv_row(), "in,4,5000000000,6,token,9,1767225600,payee,pay,EXACT,,");
    side->quality = 1u << QUALITY_APPROXIMATE | 1u << QUALITY_LATE;
    begins(csv_row(), "in,4,5000000000,6,token,9,1767225600,payee,pay,APPROXIMATE|LATE,,");
}

static void null_is_an_empty_field(void **state) {
    (void)state;
    one_side();
    const char *line = csv_row();
    const char *features = strstr(line, "EXACT") + strlen("EXACT");
    assert_int_equal(strspn(features, ","), FEATURE_COUNT);
    assert_string_equal(features + FEATURE_COUNT, "\n");
    batch->features[0][0] = 0;
    batch->features[FEATURE_COUNT - 1][0] = 0.25;
    features = strstr(csv_row(), "EXACT,0,,");
    assert_non_null(features);
    assert_string_equal(strrchr(features, ','), ",0.25\n");
}

static void texts_are_quoted_where_they_must_be(void **state) {
    (void)state;
    one_side();
    batch->tx[2].payee.account_token = text_of("a,\"b\"\r\n");
    batch->tx[2].tx_id = text_of("plain text");
    begins(csv_row(), "in,4,5000000000,6,\"a,\"\"b\"\"\r\n\",9,1767225600,payee,plain text,EXACT");
}

static void the_longest_row_has_room(void **state) {
    (void)state;
    static char topic[512], token[TOKEN_BYTES_MAX + 1];
    memset(topic, '"', sizeof topic - 1);
    memset(token, '"', sizeof token - 1);
    struct side *side = one_side();
    batch->input[2].topic = topic;
    batch->tx[2].payee.account_token = batch->tx[2].tx_id = text_of(token);
    side->quality = UINT32_MAX;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][0] = -1.2345678901234567e-308;
    assert_in_range(vector_csv.row(batch, 0, row), 1, VECTOR_ROW_MAX);
    assert_in_range(vector_npy.row(batch, 0, row), 1, VECTOR_ROW_MAX);
}

static void the_head_of_an_npy_is_as_long_for_any_number_of_rows(void **state) {
    (void)state;
    static char empty[VECTOR_HEAD_MAX], full[VECTOR_HEAD_MAX];
    const size_t size = vector_npy.head(0, empty);
    assert_int_equal(vector_npy.head(INT64_MAX, full), size);
    assert_int_equal(size % 64, 0);
    assert_memory_equal(empty, "\x93NUMPY\x01\x00", 8);
    assert_int_equal((uint8_t)empty[8] + 256 * (uint8_t)empty[9], size - 10);
    assert_int_equal(empty[size - 1], '\n');
    empty[size - 1] = full[size - 1] = '\0';
    assert_non_null(strstr(empty + 10, "'shape': (0,), }"));
    assert_non_null(strstr(full + 10, "'shape': (9223372036854775807,), }"));
    assert_non_null(strstr(full + 10, "('in_count_10m', '<f8'), "));
}

static void an_npy_row_counts_its_nulls(void **state) {
    (void)state;
    uint32_t nulls;
    one_side();
    batch->features[0][0] = 3;
    const size_t size = vector_npy.row(batch, 0, row);
    assert_int_equal(size, 40 + TOKEN_BYTES_MAX + 8 * FEATURE_COUNT);
    memcpy(&nulls, row + 36, sizeof nulls);
    assert_int_equal(nulls, FEATURE_COUNT - 1);
    assert_string_equal(row + 40, "token");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_row_says_where_who_when_and_how_good),
        cmocka_unit_test(null_is_an_empty_field),
        cmocka_unit_test(texts_are_quoted_where_they_must_be),
        cmocka_unit_test(the_longest_row_has_room),
        cmocka_unit_test(the_head_of_an_npy_is_as_long_for_any_number_of_rows),
        cmocka_unit_test(an_npy_row_counts_its_nulls),
    };
    return cmocka_run_group_tests(tests, open_batch, close_batch);
}
