/* SPDX-License-Identifier: Apache-2.0 */
/* A recording with an order log, followed: the recommendations come out as the engine that wrote
 * the log published them, byte for byte. */
#include "tests/support.h"

#include "detector/base/murmur2.h"
#include "detector/broker/recording.h"
#include "detector/commands/replay_engine.h"
#include "detector/commands/scoreboard.h"
#include "tests/memory_stand.h"

#define TRANSACTIONS "antifrod.transactions"
#define ORDER "antifrod.order"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
enum { PARTITIONS = 4, OFFSET_STEP = 3, MEMORY_MAX = 1 << 28 };

struct stand {
    struct memory_stand base;
    char path[128];
    int64_t next_offset[PARTITIONS];
    int sent;
    bool order_ignored; /* by the replay */
};

static int setup(void **state) {
    static struct stand stand;
    stand = (struct stand){.sent = 0};
    *state = &stand;
    if (!memory_stand_open(&stand.base, PARTITIONS)) return -1;
    snprintf(stand.path, sizeof stand.path, "%s/recording.avro", stand.base.directory);
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    memory_stand_close(&stand->base);
    return 0;
}

/* A transfer in the payer's partition, with gaps between offsets as transaction markers leave. */
static void send(struct stand *stand, const char *payee, int64_t second) {
    char payer[32], tx_id[32];
    snprintf(payer, sizeof payer, "payer-%d", stand->sent);
    snprintf(tx_id, sizeof tx_id, "tx-%d", stand->sent++);
    const struct transaction tx = sample_transfer(tx_id, payer, payee, second, 5000000);
    const struct bytes key = {(const uint8_t *)payer, (uint32_t)strlen(payer)};
    struct bytes value;
    struct error error;
    assert_true(encode_transaction(stand->base.encoder, &tx, &value, &error));
    const int32_t p = murmur2_partition(key, PARTITIONS);
    const struct port_message message = {.topic = TRANSACTIONS,
                                         .partition = p,
                                         .timestamp_ms = tx.ingest_time_s * 1000,
                                         .key = key,
                                         .value = value};
    assert_true(memory_port_append(stand->base.memory, &message, stand->next_offset[p]));
    stand->next_offset[p] += OFFSET_STEP;
}

/* Three starts; each finds records that are older than what the one before it took, so that the
 * order taken is not the order of the timestamps. */
static void run_a_racing_engine(struct stand *stand) {
    for (int round = 3; round > 0; round--) {
        for (int i = 0; i < 12; i++)
            send(stand, i % 2 == 0 ? "dropper" : "other", round * 1200 + i * 20);
        memory_stand_play(&stand->base);
    }
}

static void save(const struct stand *stand, size_t topic_count) {
    static const char *const topics[] = {TRANSACTIONS, ORDER};
    struct error error;
    if (!recording_save(stand->path, stand->base.memory, topics, topic_count, &error))
        fail_msg("%s", error.text);
}

struct replayed {
    struct replay_source *source;
    struct replay_engine *engine;
    struct scoreboard *board;
};

static bool replay(struct stand *stand, int64_t per_s, struct replayed *r, struct error *error) {
    r->engine = NULL;
    r->board = scoreboard_new();
    r->source = replay_source_open(stand->path, &stand->base.options, error);
    if (r->source == NULL) return false;
    const struct replay_engine_options options = {.settings = &stand->base.options,
                                                  .source = r->source,
                                                  .on_recommendation = scoreboard_take,
                                                  .context = r->board,
                                                  .pace = {.per_s = per_s},
                                                  .order_ignored = stand->order_ignored,
                                                  .partitions = 1,
                                                  .memory_max = MEMORY_MAX,
                                                  .quiet = true};
    r->engine = replay_engine_open(&options, error);
    return r->engine != NULL && replay_engine_run(r->engine, error);
}

static void must_replay(struct stand *stand, int64_t per_s, struct replayed *r) {
    struct error error = {.code = ERROR_NONE};
    if (!replay(stand, per_s, r, &error)) fail_msg("%s", error.text);
}

static void close_replayed(struct replayed *r) {
    replay_engine_close(r->engine);
    replay_source_close(r->source);
    scoreboard_free(r->board);
}

static size_t advised(const struct memory_port *memory) {
    return logs_count(memory, RECOMMENDATIONS, PARTITIONS);
}

static bool equal_bytes(struct bytes a, struct bytes b) {
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* The recommendations of `stand` that are, place by place, also in `other`. */
static size_t count_equal(const struct stand *stand, const struct memory_port *other) {
    size_t equal = 0;
    struct port_record a, b;
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (size_t i = 0; memory_port_get(stand->base.memory, RECOMMENDATIONS, p, i, &a); i++)
            equal += memory_port_get(other, RECOMMENDATIONS, p, i, &b) &&
                     equal_bytes(a.key, b.key) && equal_bytes(a.value, b.value);
    return equal;
}

static void following_the_order_log_repeats_every_byte(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    run_a_racing_engine(stand);
    const size_t published = advised(stand->base.memory);
    assert_true(published >= 4);
    save(stand, 2);
    must_replay(stand, 0, &r);
    const struct memory_port *memory = replay_engine_memory(r.engine);
    assert_int_equal(advised(memory), published);
    assert_int_equal(count_equal(stand, memory), published);
    assert_int_equal(replay_engine_followed(r.engine), stand->sent);
    assert_int_equal(replay_engine_taken(r.engine), stand->sent);
    assert_int_equal(scoreboard_result(r.board).recommendations, published);
    close_replayed(&r);
}

/* The test above could not fail if any order gave the same. */
static void without_the_order_log_another_order_is_taken(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    run_a_racing_engine(stand);
    save(stand, 1);
    must_replay(stand, 0, &r);
    assert_int_equal(replay_engine_followed(r.engine), 0);
    assert_int_equal(replay_engine_taken(r.engine), stand->sent);
    assert_true(count_equal(stand, replay_engine_memory(r.engine)) < advised(stand->base.memory));
    close_replayed(&r);
}

static void an_order_log_that_is_ignored_is_as_none(void **state) {
    struct stand *stand = *state;
    struct replayed without, ignored;
    run_a_racing_engine(stand);
    save(stand, 1);
    must_replay(stand, 0, &without);
    save(stand, 2);
    stand->order_ignored = true;
    must_replay(stand, 0, &ignored);
    assert_int_equal(replay_engine_followed(ignored.engine), 0);
    struct stand merged = *stand;
    merged.base.memory = (struct memory_port *)replay_engine_memory(without.engine);
    const size_t made = advised(merged.base.memory);
    assert_true(made > 0);
    assert_int_equal(count_equal(&merged, replay_engine_memory(ignored.engine)), made);
    close_replayed(&without);
    close_replayed(&ignored);
}

static void past_the_order_log_the_engine_goes_on_live(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    run_a_racing_engine(stand);
    const size_t published = advised(stand->base.memory);
    const int followed = stand->sent;
    for (int i = 0; i < 6; i++)
        send(stand, "third", 9000 + i * 20);
    save(stand, 2);
    must_replay(stand, 0, &r);
    assert_int_equal(count_equal(stand, replay_engine_memory(r.engine)), published);
    assert_true(advised(replay_engine_memory(r.engine)) > published);
    assert_int_equal(replay_engine_followed(r.engine), followed);
    assert_int_equal(replay_engine_taken(r.engine), stand->sent);
    close_replayed(&r);
}

static void a_paced_replay_publishes_the_same(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    run_a_racing_engine(stand);
    const size_t published = advised(stand->base.memory);
    save(stand, 2);
    must_replay(stand, 1000, &r);
    assert_int_equal(count_equal(stand, replay_engine_memory(r.engine)), published);
    assert_int_equal(replay_engine_taken(r.engine), stand->sent);
    close_replayed(&r);
}

static void input_that_ends_before_the_order_log_is_refused(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    struct error error;
    run_a_racing_engine(stand);
    struct memory_port *cut = sample_cluster(PARTITIONS);
    struct port_record record;
    for (size_t i = 0; memory_port_get(stand->base.memory, ORDER, 0, i, &record); i++) {
        const struct port_message copy = {.topic = ORDER, .key = record.key, .value = record.value};
        assert_true(memory_port_append(cut, &copy, -1));
    }
    assert_true(memory_port_get(stand->base.memory, TRANSACTIONS, 0, 0, &record));
    const struct port_message first = {.topic = TRANSACTIONS, .value = record.value};
    assert_true(memory_port_append(cut, &first, 0));
    struct stand other = *stand;
    other.base.memory = cut;
    save(&other, 2);
    assert_false(replay(stand, 0, &r, &error));
    assert_int_equal(error.code, ERROR_INPUT_GONE);
    assert_non_null(strstr(error.text, TRANSACTIONS "/0"));
    close_replayed(&r);
    logs_close(cut);
}

static void other_options_than_the_log_was_made_with_are_refused(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    struct error error;
    run_a_racing_engine(stand);
    save(stand, 2);
    stand->base.options.episodes_max *= 2;
    assert_false(replay(stand, 0, &r, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "options"));
    close_replayed(&r);
}

static void a_recording_of_another_topic_names_it(void **state) {
    struct stand *stand = *state;
    struct replayed r;
    struct error error;
    send(stand, "dropper", 0);
    save(stand, 1);
    snprintf(stand->base.options.topic_transactions, sizeof stand->base.options.topic_transactions,
             "else");
    assert_false(replay(stand, 0, &r, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(error.text, "topic else, but of " TRANSACTIONS));
    close_replayed(&r);
}

static void records_come_merged_by_time_and_keep_their_partitions_order(void **state) {
    struct stand *stand = *state;
    struct error error;
    run_a_racing_engine(stand);
    save(stand, 1);
    struct replay_source *source = replay_source_open(stand->path, &stand->base.options, &error);
    assert_non_null(source);
    assert_int_equal(replay_source_input_partitions(source, INPUT_TRANSACTIONS), PARTITIONS);
    struct port_message message;
    int64_t offset, last_offset[PARTITIONS] = {-1, -1, -1, -1}, newest_ms[PARTITIONS] = {0};
    int64_t before_ms = 0;
    int count = 0;
    for (; replay_source_next(source, &message, &offset, &error) == REPLAY_RECORD; count++) {
        const int32_t p = message.partition;
        assert_true(offset > last_offset[p]);
        assert_int_equal(offset % OFFSET_STEP, 0);
        last_offset[p] = offset;
        if (message.timestamp_ms > newest_ms[p]) newest_ms[p] = message.timestamp_ms;
        assert_true(newest_ms[p] >= before_ms);
        before_ms = newest_ms[p];
    }
    assert_int_equal(count, stand->sent);
    replay_source_close(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(following_the_order_log_repeats_every_byte, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_the_order_log_another_order_is_taken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_order_log_that_is_ignored_is_as_none, setup, teardown),
        cmocka_unit_test_setup_teardown(past_the_order_log_the_engine_goes_on_live, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_paced_replay_publishes_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(input_that_ends_before_the_order_log_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_options_than_the_log_was_made_with_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_recording_of_another_topic_names_it, setup, teardown),
        cmocka_unit_test_setup_teardown(records_come_merged_by_time_and_keep_their_partitions_order,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
