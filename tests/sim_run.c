/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_run.h"

#include "tests/sim_engine.h"
#include "tests/sim_feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENGINES_MAX = 4,
    PARTITIONS_MAX = 5,
    IDLE_MS = 50,
    QUIET_MAX_MS = 900000, /* all must be committed so long after the last fault */
    OTHERS_TIMEOUT_MS = 60000,
    JUNK = 5, /* records before the beginning of a trimmed input */
};

/* Another producer with a transaction of its own. */
struct other {
    int id;
    struct sim_producer producer;
    bool open, commit;
    int64_t until_ms;
};

struct run {
    struct sim_world world;
    struct sim_cluster *cluster;
    struct sim_disk *disk; /* NULL: no snapshots are taken */
    const struct options *options;
    struct sim_feed feed;
    uint32_t fed;
    struct sim_poison poison[SIM_FEED_MAX];
    size_t poison_count;
    int64_t input_ends[INPUT_KINDS][SIM_PARTITIONS_MAX];
    int64_t signals_at_ms; /* when their topic comes to be; INT64_MAX: never */
    struct sim_engine *engines[ENGINES_MAX];
    bool told[ENGINES_MAX]; /* to stop */
    int64_t start_at_ms, mischief_at_ms, quiet_at_ms;
    struct other neighbour, feeder;
    uint64_t starts, snapshots, losses; /* losses: of the group's offsets, before a start */
};

static const char *input_of(const struct run *r) {
    return r->options->topic_transactions;
}

static const char *topic_of(const struct run *r, enum input_kind kind) {
    return inputs_of(r->options).topic[kind];
}

static int32_t below(struct run *r, int32_t limit) {
    return (int32_t)chance_below(&r->world.chance, (uint32_t)limit);
}

static bool has_shadow(const struct run *r) {
    return r->options->topic_shadow[0] != '\0';
}

/* Input. */

static void open_cluster(struct run *r) {
    const struct options *o = r->options;
    r->cluster = sim_cluster_new(&r->world);
    sim_cluster_add_partitions(r->cluster, o->topic_transactions, 1 + below(r, 4));
    sim_cluster_add_partitions(r->cluster, o->topic_recommendations, 1 + below(r, 3));
    sim_cluster_add_partitions(r->cluster, o->topic_dead_letters, 1);
    sim_cluster_add_partitions(r->cluster, o->topic_order, 1);
    if (has_shadow(r)) sim_cluster_add_partitions(r->cluster, o->topic_shadow, 1 + below(r, 3));
    r->neighbour.id = sim_cluster_id(r->cluster, "neighbour");
    r->feeder.id = sim_cluster_id(r->cluster, "feeder");
}

static void trim_input(struct run *r, enum input_kind kind) {
    const char *topic = topic_of(r, kind);
    for (int32_t p = 0; p < sim_cluster_partitions(r->cluster, topic); p++) {
        if (!sim_fault(&r->world, SIM_input_trimmed)) continue;
        sim_cluster_skip(r->cluster, topic, p, JUNK);
        sim_cluster_trim(r->cluster, topic, p, JUNK);
    }
}

/* Half of the runs have signals from the beginning, a quarter gets them on its way. */
static void choose_signals(struct run *r) {
    const uint32_t draw = chance_below(&r->world.chance, 4);
    r->signals_at_ms = INT64_MAX;
    if (draw < 2) r->signals_at_ms = r->world.now_ms;
    if (draw == 2) r->signals_at_ms = r->world.now_ms + sim_between(&r->world, 1, 30000);
}

static bool has_signals(const struct run *r) {
    return sim_cluster_partitions(r->cluster, topic_of(r, INPUT_SIGNALS)) > 0;
}

static void make_signals(struct run *r) {
    if (has_signals(r) || r->world.now_ms < r->signals_at_ms) return;
    sim_cluster_add_partitions(r->cluster, topic_of(r, INPUT_SIGNALS), 1 + below(r, 2));
    trim_input(r, INPUT_SIGNALS);
}

/* From the beginning of the run. */
static bool has_policy(const struct run *r) {
    return sim_cluster_partitions(r->cluster, topic_of(r, INPUT_POLICY)) > 0;
}

static void append(struct run *r, const struct sim_record *record) {
    const char *topic = topic_of(r, record->kind);
    const uint32_t partitions = (uint32_t)sim_cluster_partitions(r->cluster, topic);
    const struct port_message message = {.topic = topic,
                                         .partition = (int32_t)(record->draw % partitions),
                                         .timestamp_ms = record->timestamp_ms,
                                         .key = record->key,
                                         .value = record->value};
    if (sim_fault(&r->world, SIM_input_skips))
        sim_cluster_skip(r->cluster, message.topic, message.partition, 1 + below(r, 3));
    const int64_t offset = sim_cluster_append(r->cluster, &message);
    r->input_ends[record->kind][message.partition] = offset + 1;
    if (record->poison)
        r->poison[r->poison_count++] = (struct sim_poison){record->kind, message.partition, offset};
}

/* Signals wait for their topic, and all for those before them. */
static bool can_arrive(const struct run *r, const struct sim_record *record) {
    return record->arrives_ms <= r->world.now_ms &&
           (record->kind != INPUT_SIGNALS || has_signals(r));
}

static void feed(struct run *r) {
    make_signals(r);
    while (r->fed < r->feed.count && can_arrive(r, &r->feed.records[r->fed]))
        append(r, &r->feed.records[r->fed++]);
}

/* What is committed of a partition; false: it cannot be told now. */
static bool find_committed(struct run *r, enum input_kind kind, int32_t partition,
                           int64_t *offset) {
    if (input_has_group_offsets(kind))
        return sim_cluster_committed(r->cluster, topic_of(r, kind), partition, offset) == SIM_DONE;
    *offset = sim_order_end(&r->world, r->cluster, r->options, kind, partition);
    return true;
}

static bool input_is_committed(struct run *r, enum input_kind kind) {
    const char *topic = topic_of(r, kind);
    for (int32_t p = 0; p < sim_cluster_partitions(r->cluster, topic); p++) {
        int64_t offset = 0;
        if (!find_committed(r, kind, p, &offset) ||
            (r->input_ends[kind][p] > 0 && offset < r->input_ends[kind][p]))
            return false;
    }
    return true;
}

/* The engine reads what it wrote, too: once its markers are there. */
static bool acknowledgements_are_read(struct run *r) {
    const char *topic = topic_of(r, INPUT_POLICY);
    if (!has_policy(r)) return true;
    return sim_cluster_stable(r->cluster, topic, 0) == sim_cluster_end(r->cluster, topic, 0) &&
           sim_order_end(&r->world, r->cluster, r->options, INPUT_POLICY, 0) >=
               sim_data_end(&r->world, r->cluster, topic, 0);
}

static bool all_is_committed(struct run *r) {
    return r->fed == r->feed.count && input_is_committed(r, INPUT_TRANSACTIONS) &&
           input_is_committed(r, INPUT_SIGNALS) && input_is_committed(r, INPUT_POLICY) &&
           acknowledgements_are_read(r);
}

/* Other producers. */

static void open_other(struct run *r, struct other *o, const char *topic, int32_t partition,
                       bool commit) {
    static const uint8_t key[] = "somebody";
    if (o->open ||
        sim_cluster_init(r->cluster, o->id, 0, OTHERS_TIMEOUT_MS, &o->producer) != SIM_DONE)
        return;
    const struct port_message message = {.topic = topic,
                                         .partition = partition,
                                         .key = {key, sizeof key},
                                         .value = {key, sizeof key}};
    o->open = sim_cluster_produce(r->cluster, o->producer, &message, 0) == SIM_DONE;
    o->commit = commit;
    o->until_ms = r->world.now_ms + sim_between(&r->world, 100, 8000);
}

static void close_other(struct run *r, struct other *o) {
    if (!o->open || r->world.now_ms < o->until_ms) return;
    o->open = sim_cluster_finish(r->cluster, o->producer, o->commit) == SIM_AWAY;
}

/* Engines. */

static bool runs(const struct run *r, int i) {
    return r->engines[i] != NULL && !sim_engine_ended(r->engines[i]);
}

static int running(const struct run *r) {
    int count = 0;
    for (int i = 0; i < ENGINES_MAX; i++)
        count += runs(r, i);
    return count;
}

static void start_engine(struct run *r) {
    for (int i = 0; i < ENGINES_MAX; i++) {
        if (r->engines[i] != NULL) continue;
        r->engines[i] = sim_engine_start(&r->world, r->cluster, r->disk, r->options, false);
        r->told[i] = false;
        r->starts++;
        return;
    }
}

static void stop_engine(struct run *r, int i) {
    r->told[i] = true;
    sim_engine_stop(r->engines[i]);
}

/* Ends that a supervisor meets with another start; others are mistakes. */
static bool is_expected(struct run *r, int i) {
    const struct error *error = sim_engine_error(r->engines[i]);
    struct sim_port *port = sim_engine_port(r->engines[i]);
    if (sim_port_is_dead(port)) return true;
    switch (error->code) {
    case ERROR_NONE:
    case ERROR_INTERRUPTED:
        return r->told[i];
    case ERROR_FENCED:
        return sim_port_is_shut_out(port);
    case ERROR_UNAVAILABLE:
        return true;
    default:
        return false;
    }
}

/* SHARD-EPOCH-SEQUENCE.snapshot is the state after so many order records: no more may be needed
 * than are committed. */
static void check_snapshot(void *context, const char *name) {
    struct run *r = context;
    const char *sequence = strrchr(name, '-');
    const int shard = sim_cluster_id(r->cluster, r->options->shard_id);
    const uint64_t commits = sim_cluster_commits(r->cluster, shard);
    const size_t size = strlen(name), ending = strlen(".snapshot");
    if (sequence == NULL || size < ending || strcmp(name + size - ending, ".snapshot") != 0) return;
    r->snapshots++;
    if (strtoull(sequence + 1, NULL, 10) > commits)
        sim_fail(&r->world, "I4: %s is there, and %llu commits", name, (unsigned long long)commits);
}

static void check_snapshots(struct run *r) {
    struct error error;
    struct disk *disk = sim_disk_mount(r->disk, NULL);
    r->snapshots = 0;
    disk->ops->list(disk, check_snapshot, r, &error);
    disk->ops->dispose(disk);
}

static void reap(struct run *r) {
    for (int i = 0; i < ENGINES_MAX; i++) {
        if (r->engines[i] == NULL || runs(r, i)) continue;
        if (!is_expected(r, i))
            sim_fail(&r->world, "an engine ended with %s: %s",
                     error_name(sim_engine_error(r->engines[i])->code),
                     sim_engine_error(r->engines[i])->text);
        const bool died = sim_port_is_dead(sim_engine_port(r->engines[i]));
        sim_engine_free(r->engines[i]);
        r->engines[i] = NULL;
        if (died && r->disk != NULL && running(r) == 0 && sim_fault(&r->world, SIM_power_lost))
            sim_disk_lose_power(r->disk);
        if (r->start_at_ms < r->world.now_ms)
            r->start_at_ms = r->world.now_ms + sim_between(&r->world, 0, 2000);
    }
}

static void supervise(struct run *r) {
    reap(r);
    if (running(r) > 0 || r->world.now_ms < r->start_at_ms) return;
    if (r->world.seed % 8 == 6 && r->starts % 3 == 1) {
        sim_cluster_lose_offsets(r->cluster);
        r->losses++;
    }
    start_engine(r);
}

/* Mischief. */

static int64_t for_a_while(struct run *r) {
    const int64_t most_ms = chance_is(&r->world.chance, 20) ? 20000 : 2000;
    return r->world.now_ms + sim_between(&r->world, 100, most_ms);
}

static void harm_brokers(struct run *r) {
    const struct options *o = r->options;
    const char *topics[7] = {o->topic_transactions, o->topic_recommendations, o->topic_dead_letters,
                             o->topic_order};
    int32_t count = 4;
    if (has_signals(r)) topics[count++] = o->topic_signals;
    if (has_policy(r)) topics[count++] = o->topic_policy;
    if (has_shadow(r)) topics[count++] = o->topic_shadow;
    if (sim_fault(&r->world, SIM_partition_down)) {
        const char *topic = topics[below(r, count)];
        const int64_t until_ms = for_a_while(r);
        sim_cluster_partition_down(r->cluster, topic,
                                   below(r, sim_cluster_partitions(r->cluster, topic)), until_ms);
    }
    if (sim_fault(&r->world, SIM_coordinator_down))
        sim_cluster_coordinator_down(r->cluster, for_a_while(r));
    if (sim_fault(&r->world, SIM_cluster_down)) sim_cluster_down(r->cluster, for_a_while(r));
}

/* Who watches it takes it for dead, more often than not. */
static void cut_off(struct run *r, int i) {
    sim_port_cut_off(sim_engine_port(r->engines[i]), for_a_while(r));
    if (running(r) == 1 && chance_is(&r->world.chance, 70)) start_engine(r);
}

static void harm_engines(struct run *r) {
    const int i = below(r, ENGINES_MAX);
    if (running(r) == 1 && sim_fault(&r->world, SIM_successor)) start_engine(r);
    if (!runs(r, i)) return;
    if (sim_fault(&r->world, SIM_freeze)) sim_engine_freeze(r->engines[i], for_a_while(r));
    if (sim_fault(&r->world, SIM_stop)) stop_engine(r, i);
    if (sim_fault(&r->world, SIM_cut_off)) cut_off(r, i);
}

static void harm_topics(struct run *r) {
    const int32_t partitions = sim_cluster_partitions(r->cluster, input_of(r));
    if (sim_fault(&r->world, SIM_neighbour_open))
        open_other(r, &r->neighbour, r->options->topic_order, 0, true);
    if (sim_fault(&r->world, SIM_input_aborted)) {
        const bool signals = has_signals(r) && chance_is(&r->world.chance, 40);
        const char *topic = topic_of(r, signals ? INPUT_SIGNALS : INPUT_TRANSACTIONS);
        open_other(r, &r->feeder, topic, below(r, sim_cluster_partitions(r->cluster, topic)),
                   false);
    }
    if (partitions < PARTITIONS_MAX && r->fed > 0 && sim_fault(&r->world, SIM_partition_added))
        sim_cluster_add_partitions(r->cluster, input_of(r), 1);
}

static void mischief(struct run *r) {
    if (r->world.now_ms < r->mischief_at_ms) return;
    r->mischief_at_ms = r->world.now_ms + sim_between(&r->world, 200, 4000);
    harm_brokers(r);
    harm_engines(r);
    harm_topics(r);
}

static void say_what_is_behind(struct run *r, enum input_kind kind) {
    const char *topic = topic_of(r, kind);
    for (int32_t p = 0; p < sim_cluster_partitions(r->cluster, topic); p++) {
        const int64_t end = r->input_ends[kind][p];
        int64_t offset = PORT_OFFSET_NONE;
        find_committed(r, kind, p, &offset);
        if (end > 0 && offset < end)
            sim_fail(
                &r->world, "%d s after the last fault %s/%d is at %lld, its end is %lld (%d run)",
                QUIET_MAX_MS / 1000, topic, (int)p, (long long)offset, (long long)end, running(r));
    }
}

static void say_what_is_missing(struct run *r) {
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        say_what_is_behind(r, kind);
    sim_fail(&r->world, "%d s after the last fault the offsets are not known (%d run)",
             QUIET_MAX_MS / 1000, running(r));
}

/* The faults end some time after the input does. */
static void calm(struct run *r) {
    if (r->quiet_at_ms == 0 && r->fed == r->feed.count)
        r->quiet_at_ms = r->world.now_ms + sim_between(&r->world, 0, 10000);
    if (r->quiet_at_ms == 0 || r->world.now_ms < r->quiet_at_ms) return;
    r->world.quiet = true;
    if (r->world.now_ms > r->quiet_at_ms + QUIET_MAX_MS) say_what_is_missing(r);
}

static bool going(const struct run *r) {
    return r->world.failure[0] == '\0';
}

static void turn(struct run *r) {
    feed(r);
    sim_cluster_step(r->cluster);
    close_other(r, &r->neighbour);
    close_other(r, &r->feeder);
    mischief(r);
    sim_turn(&r->world, IDLE_MS);
    if (r->disk != NULL) check_snapshots(r);
}

/* Stops who runs; a mistake is said, not waited for. */
static void end_engines(struct run *r) {
    for (int i = 0; i < ENGINES_MAX; i++)
        if (runs(r, i)) stop_engine(r, i);
    if (!going(r))
        for (int i = 0; i < ENGINES_MAX; i++)
            if (runs(r, i)) sim_port_kill(sim_engine_port(r->engines[i]));
    while (running(r) > 0)
        turn(r);
    reap(r);
}

/* One that starts when all is done finds the state as it was, and has nothing to say. */
static void start_once_more(struct run *r) {
    const uint64_t before =
        sim_cluster_commits(r->cluster, sim_cluster_id(r->cluster, r->options->shard_id));
    start_engine(r);
    const int64_t until_ms = r->world.now_ms + 20000;
    while (going(r) && running(r) > 0 && r->world.now_ms < until_ms)
        turn(r);
    if (running(r) == 0) sim_fail(&r->world, "an engine that had nothing to do ended");
    end_engines(r);
    if (sim_cluster_commits(r->cluster, sim_cluster_id(r->cluster, r->options->shard_id)) != before)
        sim_fail(&r->world, "an engine that had nothing to do committed");
}

static void run_for(struct run *r, const struct sim_engine *engine, int64_t ms) {
    const int64_t until_ms = r->world.now_ms + ms;
    while (going(r) && !sim_engine_ended(engine) && r->world.now_ms < until_ms)
        turn(r);
}

/* Of an engine beside those that are supervised. */
static void end_engine(struct run *r, struct sim_engine *engine) {
    sim_port_kill(sim_engine_port(engine));
    while (!sim_engine_ended(engine))
        turn(r);
    sim_engine_free(engine);
}

/* A start that is a mistake, and says it before it commits anything. */
static void must_end(struct run *r, enum error_code code, const char *mistake) {
    const int shard = sim_cluster_id(r->cluster, r->options->shard_id);
    const uint64_t before = sim_cluster_commits(r->cluster, shard);
    struct sim_engine *engine = sim_engine_start(&r->world, r->cluster, r->disk, r->options, false);
    run_for(r, engine, QUIET_MAX_MS);
    if (!sim_engine_ended(engine) || sim_engine_error(engine)->code != code)
        sim_fail(&r->world, "%s: %s", mistake,
                 sim_engine_ended(engine) ? sim_engine_error(engine)->text : "it is live");
    if (sim_cluster_commits(r->cluster, shard) != before)
        sim_fail(&r->world, "%s, and commits", mistake);
    end_engine(r, engine);
}

/* The input is made anew while nobody runs: who starts then must not go on in the middle of it. */
static void start_on_another_input(struct run *r, struct sim_totals *totals) {
    const bool signals =
        has_signals(r) && r->input_ends[INPUT_SIGNALS][0] > 0 && chance_is(&r->world.chance, 50);
    if (!sim_cluster_refill(r->cluster, topic_of(r, signals ? INPUT_SIGNALS : INPUT_TRANSACTIONS)))
        return;
    must_end(r, ERROR_INPUT_GONE, "an engine takes another input for its own");
    totals->refills++;
}

/* Recommendations that can be read, and the group's offsets, added up. */
static uint64_t published(struct run *r) {
    const char *topic = r->options->topic_recommendations;
    uint64_t count = 0;
    for (int32_t p = 0; p < sim_cluster_partitions(r->cluster, topic); p++) {
        const int64_t end = sim_cluster_end(r->cluster, topic, p);
        const struct sim_entry *entry;
        for (int64_t at = 0; (entry = sim_cluster_read(r->cluster, topic, p, at, end)) != NULL;
             at = entry->offset + 1)
            count++;
    }
    return count;
}

static int64_t offsets_of(struct run *r) {
    int64_t sum = 0, offset = 0;
    for (int32_t p = 0; p < sim_cluster_partitions(r->cluster, input_of(r)); p++)
        if (find_committed(r, INPUT_TRANSACTIONS, p, &offset) && offset > 0) sum += offset;
    return sum;
}

/* A new epoch when the group's offsets are lost or set back: no start takes them for true, and no
 * transaction is taken twice. */
static void rebuild_on_other_offsets(struct run *r, struct sim_totals *totals) {
    const uint64_t before = published(r);
    const int64_t offsets = offsets_of(r);
    if (chance_is(&r->world.chance, 50))
        sim_cluster_lose_offsets(r->cluster);
    else if (sim_cluster_reset_offsets(r->cluster))
        must_end(r, ERROR_BAD_DATA, "an engine takes the group's offsets for its own");
    if (!going(r)) return;
    struct sim_engine *engine = sim_engine_start(&r->world, r->cluster, r->disk, r->options, true);
    run_for(r, engine, 20000);
    if (sim_engine_ended(engine))
        sim_fail(&r->world, "a rebuild ended with %s", sim_engine_error(engine)->text);
    end_engine(r, engine);
    sim_cluster_settle(r->cluster);
    if (published(r) != before) sim_fail(&r->world, "I1: a rebuild published something again");
    if (offsets_of(r) != offsets) sim_fail(&r->world, "I3: a rebuild left other offsets");
    totals->rebuilds++;
}

static void add_totals(const struct run *r, struct sim_totals *totals) {
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        totals->injected[f] += r->world.injected[f];
    totals->records += r->fed;
    totals->starts += r->starts;
    totals->snapshots += r->snapshots;
    totals->losses += r->losses;
    totals->turns += r->world.turns;
}

static void check(struct run *r, bool with_twins, struct sim_totals *totals) {
    const struct sim_expectation expected = {.options = r->options,
                                             .poison = r->poison,
                                             .poison_count = r->poison_count,
                                             .input_ends = r->input_ends,
                                             .with_twins = with_twins};
    sim_cluster_settle(r->cluster);
    sim_check(&r->world, r->cluster, &expected, &totals->outcome);
}

bool sim_run_has_policy(uint64_t seed) {
    return seed % 3 == 0;
}

bool sim_run(uint64_t seed, const struct options *options, bool with_twins,
             struct sim_totals *totals, char failure[1024]) {
    struct run *r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->options = options;
    sim_world_init(&r->world, seed);
    open_cluster(r);
    trim_input(r, INPUT_TRANSACTIONS);
    choose_signals(r);
    if (sim_run_has_policy(seed)) sim_cluster_add_partitions(r->cluster, options->topic_policy, 1);
    sim_feed_make(&r->feed, &r->world, r->signals_at_ms == INT64_MAX ? 0 : 25,
                  has_policy(r) ? 8 : 0);
    if (!chance_is(&r->world.chance, 30)) r->disk = sim_disk_new(&r->world);
    while (going(r) && !(r->world.quiet && all_is_committed(r))) {
        supervise(r);
        calm(r);
        turn(r);
    }
    end_engines(r);
    if (going(r) && seed % 4 == 0) start_once_more(r);
    if (going(r)) check(r, with_twins, totals);
    if (going(r) && seed % 4 == 1) start_on_another_input(r, totals);
    if (going(r) && seed % 4 == 2) rebuild_on_other_offsets(r, totals);
    add_totals(r, totals);
    memcpy(failure, r->world.failure, sizeof r->world.failure);
    const bool ok = going(r);
    sim_cluster_free(r->cluster);
    sim_disk_free(r->disk);
    sim_feed_free(&r->feed);
    free(r);
    return ok;
}
