/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters through the whole pipeline: one for every reason, and what it carries. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/dead_letter.h"
#include "detector/publish.h"
#include "detector/verdict.h"
#include "schemas/frame.h"
#include "tests/memory_stand.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT "antifrod.transactions"
#define DEAD_LETTERS "antifrod.transactions.dlq"
enum { PARTITIONS = 2, REFUSED_ID = 9, UNKNOWN_ID = 999 };

static int setup(void **state) {
    static struct memory_stand stand;
    char schema[80];
    *state = &stand;
    if (!memory_stand_open(&stand, PARTITIONS)) return -1;
    snprintf(stand.options.schema_dir, sizeof stand.options.schema_dir, "%s", stand.directory);
    snprintf(schema, sizeof schema, "%s/%d.avsc", stand.directory, REFUSED_ID);
    FILE *file = fopen(schema, "w");
    if (file == NULL) return -1;
    fputs("{\"type\": \"record\", \"name\": \"a\", \"fields\": []}", file);
    fclose(file);
    return 0;
}

static int teardown(void **state) {
    memory_stand_close(*state);
    return 0;
}

/* False: there is no header of that name. */
static bool find_header(const struct port_record *record, const char *name,
                        struct port_header *header) {
    for (size_t i = 0; memory_port_get_header(record, i, header); i++)
        if (strcmp(header->name, name) == 0) return true;
    return false;
}

static void assert_header(const struct port_record *record, const char *name, const char *value) {
    struct port_header header;
    if (!find_header(record, name, &header)) fail_msg("no header %s", name);
    if (header.value.size != strlen(value) ||
        memcmp(header.value.data, value, header.value.size) != 0)
        fail_msg("%s is \"%.*s\", not \"%s\"", name, (int)header.value.size,
                 (const char *)header.value.data, value);
}

/* One for every reason. */

static void send_framed(struct memory_stand *stand, int32_t schema_id) {
    uint8_t value[FRAME_SIZE + 1] = {0};
    frame_write(value, schema_id);
    sample_send_raw(stand->memory, 0, value, sizeof value);
}

static void send_json(struct memory_stand *stand) {
    sample_send_raw(stand->memory, 0, "{\"json\":1}", 10);
}

static void send_unknown(struct memory_stand *stand) {
    send_framed(stand, UNKNOWN_ID);
}

static void send_refused(struct memory_stand *stand) {
    send_framed(stand, REFUSED_ID);
}

static void send_cut(struct memory_stand *stand) {
    send_framed(stand, 1);
}

static void send_large(struct memory_stand *stand) {
    static uint8_t value[65536 + 1];
    sample_send_raw(stand->memory, 0, value, sizeof value);
}

static void send_nothing(struct memory_stand *stand) {
    sample_send_raw(stand->memory, 0, NULL, 0);
}

static struct transaction right(void) {
    return sample_transfer("tx", "payer", "payee", 0, 1000);
}

static void send_tx(struct memory_stand *stand, const struct transaction *tx) {
    sample_send(stand->memory, stand->encoder, tx, PARTITIONS);
}

static void send_nobody(struct memory_stand *stand) {
    struct transaction tx = right();
    tx.payer.account_token = tx.payee.account_token = (struct text){0};
    send_tx(stand, &tx);
}

static void send_negative(struct memory_stand *stand) {
    struct transaction tx = right();
    tx.amount_minor = tx.amount_kzt_minor = -1;
    send_tx(stand, &tx);
}

static void send_contradiction(struct memory_stand *stand) {
    struct transaction tx = right();
    tx.amount_kzt_minor++;
    send_tx(stand, &tx);
}

static void send_at(struct memory_stand *stand, int64_t second) {
    struct transaction tx = right();
    tx.event_time_s = second;
    tx.event_time_us = second * 1000000;
    send_tx(stand, &tx);
}

static void send_ancient(struct memory_stand *stand) {
    send_at(stand, 946684799); /* the last second of 1999 */
}

static void send_future(struct memory_stand *stand) {
    send_at(stand, SAMPLE_START_S + 301);
}

static void send_nameless(struct memory_stand *stand) {
    struct transaction tx = right();
    tx.tx_id = text_of("");
    send_tx(stand, &tx);
}

static const struct {
    enum verdict reason;
    void (*send)(struct memory_stand *stand);
    const char *says;
} cases[] = {
    {VERDICT_NOT_FRAMED, send_json, "it looks like JSON"},
    {VERDICT_SCHEMA_UNKNOWN, send_unknown, "schema id 999: not known here"},
    {VERDICT_SCHEMA_REFUSED, send_refused, "schema id 9: event_id"},
    {VERDICT_MALFORMED, send_cut, "cut short"},
    {VERDICT_OVERSIZE, send_large, "value.bytes.max"},
    {VERDICT_TOMBSTONE, send_nothing, "no value"},
    {VERDICT_NO_ACCOUNT, send_nobody, "names an account"},
    {VERDICT_BAD_AMOUNT, send_negative, "negative"},
    {VERDICT_BAD_CURRENCY, send_contradiction, "differ"},
    {VERDICT_BAD_TIME, send_ancient, "2000 to 2100"},
    {VERDICT_FUTURE_TIME, send_future, "5 minutes"},
    {VERDICT_BAD_VALUE, send_nameless, "tx_id"},
};
enum { CASES = sizeof cases / sizeof *cases };

static void assert_dead(struct memory_stand *stand, size_t i) {
    const char *reason = verdict_name(cases[i].reason);
    struct port_record record;
    struct port_header why;
    char text[160];
    if (!memory_port_get(stand->memory, DEAD_LETTERS, 0, 0, &record))
        fail_msg("%s: no dead letter", reason);
    if (memory_port_count(stand->memory, DEAD_LETTERS, 0) != 1)
        fail_msg("%s: several dead letters", reason);
    assert_header(&record, "saqshy.dlq.reason", reason);
    if (!find_header(&record, "__connect.errors.exception.message", &why))
        fail_msg("%s: no message", reason);
    snprintf(text, sizeof text, "%.*s", (int)why.value.size, (const char *)why.value.data);
    if (text[0] == '\0' || strstr(text, cases[i].says) == NULL)
        fail_msg("%s: \"%s\" is not in: %s", reason, cases[i].says, text);
}

static void every_reason_becomes_a_dead_letter_that_names_it(void **state) {
    struct memory_stand *stand = *state;
    for (size_t i = 0; i < CASES; i++) {
        logs_close(stand->memory);
        stand->memory = sample_cluster(PARTITIONS);
        cases[i].send(stand);
        memory_stand_play(stand);
        assert_dead(stand, i);
    }
}

static void no_reason_is_without_a_case(void **state) {
    (void)state;
    for (enum verdict v = 0; v < VERDICT_COUNT; v++) {
        size_t found = 0;
        for (size_t i = 0; i < CASES; i++)
            found += cases[i].reason == v;
        if (found != (verdict_is_dead_letter(v) ? 1 : 0))
            fail_msg("%s: %zu cases", verdict_name(v), found);
    }
}

/* What it carries. */

static void append(struct memory_stand *stand, const void *data, uint32_t size) {
    static const struct port_header headers[] = {
        {"traceparent", {(const uint8_t *)"00-ab", 5}},
        {"binary", {(const uint8_t *)"\0\xff\0", 3}},
        {"traceparent", {(const uint8_t *)"again", 5}},
    };
    const struct port_message message = {.topic = INPUT,
                                         .partition = 1,
                                         .timestamp_ms = INT64_C(1767225600123),
                                         .key = {(const uint8_t *)"k\0y", 3},
                                         .value = {data, size},
                                         .headers = headers,
                                         .header_count = 3};
    assert_true(memory_port_append(stand->memory, &message, 41));
}

static struct port_record only_letter(struct memory_stand *stand) {
    struct port_record record;
    assert_int_equal(memory_port_count(stand->memory, DEAD_LETTERS, 0), 1);
    assert_true(memory_port_get(stand->memory, DEAD_LETTERS, 0, 0, &record));
    return record;
}

static void key_value_and_headers_are_verbatim_and_come_first(void **state) {
    struct memory_stand *stand = *state;
    static const char value[] = "not\0framed";
    append(stand, value, sizeof value);
    memory_stand_play(stand);
    const struct port_record letter = only_letter(stand);
    struct port_header header;
    assert_int_equal(letter.key.size, 3);
    assert_memory_equal(letter.key.data, "k\0y", 3);
    assert_int_equal(letter.value.size, sizeof value);
    assert_memory_equal(letter.value.data, value, sizeof value);
    assert_true(memory_port_get_header(&letter, 0, &header));
    assert_string_equal(header.name, "traceparent");
    assert_memory_equal(header.value.data, "00-ab", 5);
    assert_true(memory_port_get_header(&letter, 1, &header));
    assert_string_equal(header.name, "binary");
    assert_int_equal(header.value.size, 3);
    assert_memory_equal(header.value.data, "\0\xff\0", 3);
    assert_true(memory_port_get_header(&letter, 2, &header));
    assert_string_equal(header.name, "traceparent");
    assert_memory_equal(header.value.data, "again", 5);
}

static void it_says_where_it_came_from(void **state) {
    struct memory_stand *stand = *state;
    append(stand, "x", 1);
    memory_stand_play(stand);
    const struct port_record letter = only_letter(stand);
    assert_header(&letter, "__connect.errors.topic", INPUT);
    assert_header(&letter, "__connect.errors.partition", "1");
    assert_header(&letter, "__connect.errors.offset", "41");
    assert_header(&letter, "saqshy.dlq.timestamp", "1767225600123");
    assert_header(&letter, "saqshy.dlq.attempt", "1");
}

static uint8_t *large(uint32_t size) {
    uint8_t *value = malloc(size);
    assert_non_null(value);
    for (uint32_t i = 0; i < size; i++)
        value[i] = (uint8_t)(i * 31 + i / 251);
    return value;
}

static void above_512_kib_it_is_cut_and_has_size_and_hash_of_the_whole(void **state) {
    struct memory_stand *stand = *state;
    enum { SIZE = DEAD_LETTER_VALUE_MAX + 1 };
    assert_int_equal(DEAD_LETTER_VALUE_MAX, 512 * 1024);
    char size[16], sha256[DIGEST_HEX_SIZE];
    uint8_t *value = large(SIZE);
    snprintf(size, sizeof size, "%d", SIZE);
    digest_sha256_hex(value, SIZE, sha256);
    append(stand, value, SIZE);
    memory_stand_play(stand);
    const struct port_record letter = only_letter(stand);
    assert_int_equal(letter.value.size, DEAD_LETTER_VALUE_MAX);
    assert_memory_equal(letter.value.data, value, DEAD_LETTER_VALUE_MAX);
    assert_header(&letter, "saqshy.dlq.reason", "OVERSIZE");
    assert_header(&letter, "saqshy.dlq.value.size", size);
    assert_header(&letter, "saqshy.dlq.value.sha256", sha256);
    free(value);
}

static void up_to_512_kib_it_is_whole(void **state) {
    struct memory_stand *stand = *state;
    struct port_header header;
    uint8_t *value = large(DEAD_LETTER_VALUE_MAX);
    append(stand, value, DEAD_LETTER_VALUE_MAX);
    memory_stand_play(stand);
    const struct port_record letter = only_letter(stand);
    assert_int_equal(letter.value.size, DEAD_LETTER_VALUE_MAX);
    assert_memory_equal(letter.value.data, value, DEAD_LETTER_VALUE_MAX);
    assert_false(find_header(&letter, "saqshy.dlq.value.size", &header));
    assert_false(find_header(&letter, "saqshy.dlq.value.sha256", &header));
    free(value);
}

/* More than a commit holds, and no batch of them is more than one holds. */
static void so_many_of_the_largest_become_dead_letters_in_several_commits(void **state) {
    enum { RECORDS = 140 };
    struct memory_stand *stand = *state;
    uint8_t *value = large(DEAD_LETTER_VALUE_MAX);
    assert_true((int64_t)RECORDS * DEAD_LETTER_VALUE_MAX > stand->options.commit_bytes_max);
    for (int i = 0; i < RECORDS; i++)
        sample_send_raw(stand->memory, 0, value, DEAD_LETTER_VALUE_MAX);
    free(value);
    memory_stand_play(stand);
    assert_int_equal(logs_count(stand->memory, DEAD_LETTERS, 1), RECORDS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_reason_becomes_a_dead_letter_that_names_it),
        cmocka_unit_test(no_reason_is_without_a_case),
        TEST(key_value_and_headers_are_verbatim_and_come_first),
        TEST(it_says_where_it_came_from),
        TEST(above_512_kib_it_is_cut_and_has_size_and_hash_of_the_whole),
        TEST(up_to_512_kib_it_is_whole),
        TEST(so_many_of_the_largest_become_dead_letters_in_several_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
