/* SPDX-License-Identifier: Apache-2.0 */
/* Reported money by the whole path: what restarts, with and without a snapshot, crashes and offline
 * runs know of it is what one engine that was never stopped knows, mark by mark. */
#include "tests/support.h"
#include "tests/taint_saved.h"

#include "detector/account_record.h"
#include "detector/apply.h"
#include "detector/batch.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "detector/snapshot_file.h"
#include "detector/snapshots.h"
#include "detector/taint.h"
#include "tests/chance.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT "antifrod.transactions"
#define SIGNALS "antifrod.signals"
#define ORDER "antifrod.order"
enum {
    PEOPLE = 40,
    STEPS = 24,
    STEP_SIGNALS = 4,
    STEP_TRANSFERS = 50,
    STEP_RECORDS = STEP_SIGNALS + STEP_TRANSFERS,
    EVERY_S = 20,
};

static struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    struct disk *disk;
    char directory[64];
    bool without_snapshots, by_time, unmuted;
    int steps, until; /* that were sent; that this run is to send */
    bool crashed;     /* the last run: not all that was sent was taken */
    int batches, crash_at;
    int64_t now_ms;
} stand;

/* What is known of reported money when all is taken. */
struct known {
    struct pack marks;
    struct taint_answer answers[PEOPLE];
};

static struct known whole; /* by one engine that was never stopped */

static void begin(void) {
    struct error error;
    stand = (struct stand){.encoder = encoder_open(&error), .memory = sample_cluster(1)};
    assert_true(sample_directory_make(stand.directory, &stand.options));
    assert_true(memory_port_create_topic(stand.memory, SIGNALS, 1));
    stand.disk = disk_posix_open(stand.directory, &error);
    assert_true(stand.encoder != NULL && stand.disk != NULL);
    stand.options.snapshot_interval_s = 1;
    stand.options.taint_accounts = 1024;
}

static void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static void end(void) {
    close_memory(stand.memory);
    encoder_close(stand.encoder);
    stand.disk->ops->dispose(stand.disk);
    sample_directory_remove(stand.directory, &stand.options);
}

/* The feed: in each step reports of what earlier steps brought, then transfers. */

struct transfer {
    char tx_id[16], payer[16], payee[16];
    int64_t amount;
};

/* A number always gives the same one. */
static struct transfer transfer_of(uint32_t number) {
    enum { LEAST_TIYN = 200000, SPREAD_TIYN = 5000000 };
    struct chance chance = {number};
    struct transfer t = {.amount = LEAST_TIYN + chance_below(&chance, SPREAD_TIYN)};
    const uint32_t payer = chance_below(&chance, PEOPLE);
    const uint32_t payee = (payer + 1 + chance_below(&chance, PEOPLE - 1)) % PEOPLE;
    snprintf(t.tx_id, sizeof t.tx_id, "tx-%u", number);
    snprintf(t.payer, sizeof t.payer, "person-%u", payer);
    snprintf(t.payee, sizeof t.payee, "person-%u", payee);
    return t;
}

static void send_signal(const struct signal *signal) {
    char id[32];
    snprintf(id, sizeof id, "%.*s", (int)signal->signal_id.size, signal->signal_id.data);
    sample_send_signal(stand.memory, stand.encoder, id, signal, 1);
}

/* Of a transfer of an earlier step, by its payee; every fifth is taken back some steps later. */
static void send_reports(void) {
    enum { WITHDRAWN_AFTER = 31, WITHDRAWN_EVERY = 5 };
    const int64_t second = (int64_t)EVERY_S * STEP_TRANSFERS * stand.steps;
    for (int i = 0; i < STEP_SIGNALS; i++) {
        const int number = STEP_SIGNALS * stand.steps + i;
        struct chance chance = {(uint64_t)number};
        char id[32], old[32];
        const uint32_t sent = STEP_TRANSFERS * (uint32_t)stand.steps;
        const struct transfer t = transfer_of(sent == 0 ? 0 : chance_below(&chance, sent));
        snprintf(id, sizeof id, "report-%d", number);
        snprintf(old, sizeof old, "report-%d", number - WITHDRAWN_AFTER);
        struct signal s = sample_signal(id, t.payee, second);
        s.related_tx_ids[s.tx_id_count++] = text_of(t.tx_id);
        if (number > WITHDRAWN_AFTER && number % WITHDRAWN_EVERY == 0) {
            s.kind = SIGNAL_WITHDRAWAL;
            s.withdraws_signal_id = text_of(old);
            s.subject_count = s.tx_id_count = 0;
        }
        send_signal(&s);
    }
}

static void send_step(void) {
    send_reports();
    for (int i = 0; i < STEP_TRANSFERS; i++) {
        const int number = STEP_TRANSFERS * stand.steps + i;
        const struct transfer t = transfer_of((uint32_t)number);
        const struct transaction tx =
            sample_transfer(t.tx_id, t.payer, t.payee, (int64_t)EVERY_S * number, t.amount);
        sample_send(stand.memory, stand.encoder, &tx, 1);
    }
    stand.steps++;
}

/* Running. */

/* Half a second passes. The next step comes when all that there was is taken: the order is the same
 * in each run. */
static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    stand.now_ms += 500;
    memory_port_set_now(stand.memory, stand.now_ms);
    if (++stand.batches == stand.crash_at) return error_set(error, ERROR_FAILED, "a crash");
    const uint64_t taken = batch->input[batch->count - 1].ordinal + 1;
    const bool all = taken == (uint64_t)STEP_RECORDS * (uint64_t)stand.steps;
    if (all && stand.steps < stand.until) send_step();
    return true;
}

static void run_to(int step) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options options = {.options = &stand.options,
                                             .port = memory_port_port(stand.memory),
                                             .snapshots =
                                                 stand.without_snapshots ? NULL : stand.disk,
                                             .unmuted_replay = stand.unmuted,
                                             .signals_by_time = stand.by_time,
                                             .on_batch = on_batch,
                                             .stop_at_end = true};
    stand.until = step;
    stand.batches = 0;
    if (!stand.crashed && stand.steps < stand.until) send_step();
    metrics_reset();
    struct pipeline *pipeline = pipeline_open(&options, &error);
    stand.crashed = pipeline == NULL || !pipeline_run(pipeline, &error);
    if (stand.crashed && strcmp(error.text, "a crash") != 0) fail_msg("%s", error.text);
    pipeline_close(pipeline);
}

static int64_t replayed(void) {
    return metrics_get(METRIC_REPLAYED);
}

/* What the last snapshot holds. */

static struct apply *new_apply(void) {
    struct error error;
    const struct apply_options options = {
        .accounts = {.memory_limit = UINT64_C(512) << 20, .dormancy_s = INT64_C(180) * 86400},
        .kernel_tier = "auto",
        .taint = {.walk_max = 16, .accounts_max = (uint32_t)stand.options.taint_accounts},
    };
    struct apply *apply = apply_open(&options, &error);
    assert_non_null(apply);
    return apply;
}

/* `head` is kept until all is loaded. */
static void load(struct apply *apply, struct pack *head) {
    static struct snapshot_list list;
    struct accounts_load accounts = {.records = 0};
    struct unpack bytes;
    struct error error;
    enum snapshot_kind kind;
    assert_true(snapshots_list(stand.disk, NULL, &list, &error));
    assert_true(list.count > 0);
    struct snapshot_in *in = snapshot_in_open(stand.disk, list.names[0].text, &error);
    assert_non_null(in);
    while (snapshot_in_next(in, &kind, &bytes, &error) == SNAPSHOT_CHUNK) {
        if (kind == SNAPSHOT_TAINT) assert_true(apply_load_taint(apply, &bytes));
        if (kind == SNAPSHOT_ACCOUNTS) assert_true(apply_load_records(apply, &accounts, &bytes));
        if (kind != SNAPSHOT_TABLE) continue;
        pack_bytes(head, bytes.at, (size_t)(bytes.end - bytes.at));
        struct unpack table = {head->data, head->data + head->size, false};
        assert_true(apply_load_begin(apply, &accounts, &table, &error));
    }
    snapshot_in_close(in);
    assert_true(apply_load_end(apply, &accounts, &error));
}

static void read_known(struct known *known) {
    const int64_t second = SAMPLE_START_S + (int64_t)EVERY_S * STEP_TRANSFERS * STEPS;
    struct apply *apply = new_apply();
    struct pack head = {.data = NULL};
    load(apply, &head);
    struct taint *taint = (struct taint *)(uintptr_t)apply_taint(apply);
    *known = (struct known){.marks = {.data = NULL}};
    taint_save(taint, &known->marks);
    for (int i = 0; i < PEOPLE; i++) {
        char name[24];
        snprintf(name, sizeof name, "person-%d", i);
        const struct account *account =
            accounts_find(apply_accounts(apply), account_key_of(text_of(name)));
        assert_non_null(account);
        taint_ask(taint, account->number, second, second, &known->answers[i]);
    }
    apply_close(apply);
    free(head.data);
}

static void must_be_as_in_one_run(void) {
    struct known known;
    assert_int_equal(stand.steps, STEPS);
    read_known(&known);
    for (int i = 0; i < PEOPLE; i++) {
        const struct taint_answer *a = &known.answers[i], *b = &whole.answers[i];
        assert_int_equal(a->amount_72h, b->amount_72h);
        assert_int_equal(a->hop, b->hop);
        assert_int_equal(a->payers_24h, b->payers_24h);
        assert_int_equal(a->approximate, b->approximate);
    }
    assert_int_equal(known.marks.size, whole.marks.size);
    assert_memory_equal(known.marks.data, whole.marks.data, whole.marks.size);
    free(known.marks.data);
}

/* Tests. */

static int run_whole(void **state) {
    (void)state;
    begin();
    run_to(STEPS);
    read_known(&whole);
    end();
    return 0;
}

static int forget_whole(void **state) {
    (void)state;
    free(whole.marks.data);
    return 0;
}

static int set_up(void **state) {
    (void)state;
    begin();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    end();
    return 0;
}

/* Or the other tests would show nothing. */
static void money_is_followed_over_many_hops(void **state) {
    uint32_t tainted = 0, far = 0, many = 0;
    (void)state;
    run_to(STEPS);
    must_be_as_in_one_run();
    for (int i = 0; i < PEOPLE; i++) {
        tainted += whole.answers[i].amount_72h > 0;
        far += whole.answers[i].hop > 1;
        many += whole.answers[i].payers_24h > 2;
    }
    assert_true(tainted > PEOPLE / 2 && far > 3 && many > 5);
    assert_int_equal(metrics_get_signal(EFFECT_WITHDRAWN), 13);
    assert_true(metrics_get(METRIC_TAINT_MARKS) > 100);
    assert_true(metrics_get(METRIC_TAINT_WALKED) > 100);
    assert_true(metrics_get(METRIC_TAINT_SOURCES) > 50);
}

static void a_restart_from_a_snapshot_knows_the_same(void **state) {
    (void)state;
    for (int step = 4; step <= STEPS; step += 4) {
        run_to(step);
        assert_int_equal(replayed(), 0);
    }
    must_be_as_in_one_run();
}

static void a_restart_without_one_knows_the_same(void **state) {
    (void)state;
    stand.without_snapshots = true;
    run_to(STEPS / 3);
    run_to(STEPS - 1);
    stand.without_snapshots = false;
    run_to(STEPS);
    assert_int_equal(replayed(), STEP_RECORDS * (STEPS - 1));
    must_be_as_in_one_run();
}

static void crashes_change_nothing(void **state) {
    int crashes = 0;
    (void)state;
    for (int step = 1; step <= STEPS; step++) {
        stand.crash_at = step % 3; /* in the first batch, in the second, not at all */
        run_to(step);
        crashes += stand.crashed;
    }
    stand.crash_at = 0;
    run_to(STEPS);
    assert_true(crashes > 5);
    assert_true(replayed() < STEP_RECORDS * STEPS / 2);
    must_be_as_in_one_run();
}

static void offline_each_report_at_its_time_gives_the_same(void **state) {
    (void)state;
    stand.by_time = true;
    while (stand.steps < STEPS)
        send_step();
    run_to(STEPS);
    must_be_as_in_one_run();
}

static void a_replay_of_the_order_log_gives_the_same(void **state) {
    (void)state;
    stand.without_snapshots = true;
    run_to(STEPS);
    struct memory_port *live = stand.memory;
    stand.memory = sample_cluster(1);
    memory_port_create_topic(stand.memory, SIGNALS, 1);
    sample_copy(live, stand.memory, INPUT, 1, NULL);
    sample_copy(live, stand.memory, SIGNALS, 1, NULL);
    sample_copy(live, stand.memory, ORDER, 1, NULL);
    close_memory(live);
    stand.without_snapshots = false;
    stand.unmuted = true;
    run_to(STEPS);
    assert_int_equal(replayed(), STEP_RECORDS * STEPS);
    must_be_as_in_one_run();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(money_is_followed_over_many_hops),
        TEST(a_restart_from_a_snapshot_knows_the_same),
        TEST(a_restart_without_one_knows_the_same),
        TEST(crashes_change_nothing),
        TEST(offline_each_report_at_its_time_gives_the_same),
        TEST(a_replay_of_the_order_log_gives_the_same),
    };
    return cmocka_run_group_tests(tests, run_whole, forget_whole);
}
