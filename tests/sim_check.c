/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_check.h"

#include "detector/base/digest.h"
#include "detector/batch.h"
#include "detector/broker/memory_port.h"
#include "detector/pipeline.h"
#include "schemas/frame.h"
#include "schemas/order_record.h"
#include "tests/naive_decide.h"
#include "tests/naive_known.h"
#include "tests/naive_payer_side.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct check {
    struct sim_world *world;
    struct sim_cluster *cluster;
    const struct sim_expectation *expected;
    struct memory_port *memory;
    uint64_t signals, changes;
    bool reported;   /* transfers were: money may be traced from here on */
    uint64_t traced; /* sides that had such money */
    /* Of the topic, behind the batch in hand and within it; "": the file's. */
    char policy[DIGEST_HEX_SIZE], before[DIGEST_HEX_SIZE];
    struct naive *naive;
    struct naive_signals *naive_signals;
    struct naive_decide *naive_decide;
    struct naive_payer_side *payer_side;
    const struct batch *batch; /* in hand */
    bool moved[BATCH_EVENTS];  /* rows of it: as the twin has it */
    uint32_t begun, taken; /* rows of it that the twin of the paying side has begun, and taken */
    int64_t clock_s;
    uint64_t asked;
};

/* The next visible record of a partition from *offset on, which is moved past it. */
static const struct sim_entry *next_of(const struct check *c, const char *topic, int32_t partition,
                                       int64_t *offset) {
    const struct sim_entry *entry = sim_cluster_read(
        c->cluster, topic, partition, *offset, sim_cluster_stable(c->cluster, topic, partition));
    if (entry != NULL) *offset = entry->offset + 1;
    return entry;
}

static bool is_ours(const struct check *c, const struct sim_entry *entry) {
    const char *shard = c->expected->options->shard_id;
    return entry->key.size == strlen(shard) && memcmp(entry->key.data, shard, strlen(shard)) == 0;
}

/* The replay. */

static void copy_partition(struct check *c, const char *topic, int32_t partition) {
    const bool order = strcmp(topic, c->expected->options->topic_order) == 0;
    const struct sim_entry *entry;
    int64_t offset = 0;
    while ((entry = next_of(c, topic, partition, &offset)) != NULL) {
        const struct port_message message = {.topic = topic,
                                             .partition = partition,
                                             .timestamp_ms = entry->timestamp_ms,
                                             .key = entry->key,
                                             .value = entry->value,
                                             .headers = entry->headers,
                                             .header_count = entry->header_count};
        if (!order || is_ours(c, entry)) memory_port_append(c->memory, &message, entry->offset);
    }
}

static void copy_topic(struct check *c, const char *topic, bool content) {
    const int32_t partitions = sim_cluster_partitions(c->cluster, topic);
    memory_port_create_topic(c->memory, topic, partitions);
    for (int32_t p = 0; p < partitions && content; p++)
        copy_partition(c, topic, p);
}

/* Counts, money, seconds and flags are equal; what is divided or decayed, to the last places. */
static bool is_close(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* The twin traces no money: test_taint.c holds that to another. Before any is reported there is
 * none. */
static bool is_known_to_twin(const struct check *c, int feature) {
    return !c->reported || feature_table[feature].evidence != EVIDENCE_TRACED;
}

static void hold_side(struct check *c, const struct batch *batch, uint32_t side,
                      const struct naive_side *twin) {
    const struct side *s = &batch->side[side];
    if ((s->role == SIDE_PAYEE) != twin->payee || s->account_number != twin->account_number) {
        sim_fail(c->world, "I1: the twin scores another side at ordinal %llu",
                 (unsigned long long)batch->input[s->event].ordinal);
        return;
    }
    c->traced += batch->features[FEATURE_taint_amount_72h][side] > 0;
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (is_known_to_twin(c, f) && !is_close(batch->features[f][side], twin->features[f]))
            sim_fail(c->world, "I1: %s at ordinal %llu: engine %.17g, twin %.17g",
                     feature_table[f].name, (unsigned long long)batch->input[s->event].ordinal,
                     batch->features[f][side], twin->features[f]);
}

/* The twin knows no more of a change than that its policy has a bound on the probability. */
static void take_change(struct check *c, const struct batch *batch, uint32_t row) {
    const struct bytes value = batch->input[row].record.value;
    json_t *change = json_loadb((const char *)value.data, value.size, 0, NULL);
    const json_t *policy = json_object_get(change, "policy");
    const bool taken = policy != NULL && strstr(json_string_value(policy), ":2,") == NULL;
    if (taken != (batch->verdict[row] == VERDICT_DOCUMENT))
        sim_fail(c->world, "I1: the twin knows better whether a policy can be used");
    if (taken) digest_sha256_hex(json_string_value(policy), json_string_length(policy), c->policy);
    c->changes += taken;
    json_decref(change);
}

static void take_signal(struct check *c, const struct batch *batch, uint32_t row) {
    const struct signal *s = &batch->signal[row];
    c->signals++;
    c->reported |= s->kind == SIGNAL_INCIDENT && s->tx_id_count > 0;
    naive_signals_apply(c->naive_signals, s, batch->clock_s[row]);
    naive_decide_hear(c->naive_decide, s, batch->signal_effect[row]);
}

/* Sides of a row stand together, in the order in which they were scored. */
static void hold_row(struct check *c, const struct batch *batch, uint32_t row, uint32_t *side) {
    struct naive_side twins[2];
    const enum verdict verdict = batch->verdict[row];
    unsigned count = 0;
    if (verdict == VERDICT_SIGNAL) take_signal(c, batch, row);
    if (batch->input[row].kind == INPUT_POLICY) take_change(c, batch, row);
    if (verdict_is_dead_letter(verdict) || batch->input[row].kind != INPUT_TRANSACTIONS) return;
    if (verdict != VERDICT_LATE) {
        const struct naive_known known =
            naive_known_of(c->naive_signals, &batch->tx[row], batch->clock_s[row]);
        count = naive_take(c->naive, &batch->tx[row], batch->clock_s[row], &known, twins);
        c->moved[row] = naive_has_moved(c->naive);
    }
    if ((verdict == VERDICT_DUPLICATE) != (verdict != VERDICT_LATE && count == 0))
        sim_fail(c->world, "I1: the twin knows better what is a duplicate");
    for (unsigned i = 0; i < count && c->world->failure[0] == '\0'; i++) {
        if (*side == batch->sides || batch->side[*side].event != row) {
            sim_fail(c->world, "I1: a side is missing");
            return;
        }
        twins[i].traced = batch->side[*side].traced_tiyn;
        hold_side(c, batch, (*side)++, &twins[i]);
    }
    naive_decide_take(c->naive_decide, &batch->tx[row], batch->clock_s[row], twins, count);
}

/* The paying side. */

static void begin_row(struct check *c, uint32_t row) {
    const struct batch *batch = c->batch;
    const struct signal *s = &batch->signal[row];
    const enum signal_effect effect = batch->signal_effect[row];
    if (!verdict_is_dead_letter(batch->verdict[row]) && batch->clock_s[row] > c->clock_s)
        c->clock_s = batch->clock_s[row];
    naive_payer_side_move(c->payer_side, c->clock_s);
    if (batch->verdict[row] == VERDICT_SIGNAL) naive_payer_side_take_back(c->payer_side, s, effect);
    if (batch->verdict[row] == VERDICT_SIGNAL && s->kind == SIGNAL_OUTCOME &&
        s->source != SOURCE_CITIZEN_BOT && (effect == EFFECT_ADDED || effect == EFFECT_REVISED))
        naive_payer_side_hear(c->payer_side, s);
}

static void take_row(struct check *c, uint32_t row) {
    const enum verdict verdict = c->batch->verdict[row];
    if (verdict == VERDICT_ACCEPTED || verdict == VERDICT_DUPLICATE)
        naive_payer_side_take(c->payer_side, &c->batch->tx[row], verdict == VERDICT_DUPLICATE,
                              c->moved[row]);
    c->taken = row + 1;
}

/* The rows before it are over. */
static void come_to(struct check *c, uint32_t row) {
    while (c->begun <= row && c->begun < c->batch->count) {
        if (c->begun > c->taken) take_row(c, c->taken);
        if (naive_payer_side_due(c->payer_side) != NULL)
            sim_fail(c->world, "I1: the twin asks a payer that the engine does not");
        begin_row(c, c->begun++);
    }
}

static uint32_t row_of(const struct check *c, const struct recommendation *r) {
    uint32_t row = 0;
    while (row + 1 < c->batch->count && (c->batch->input[row].topic != r->input_topic ||
                                         c->batch->input[row].partition != r->input_partition ||
                                         c->batch->input[row].record.offset != r->input_offset))
        row++;
    return row;
}

static void on_payer_side(void *context, const struct recommendation *r) {
    struct check *c = context;
    char line[NAIVE_LINE_SIZE];
    come_to(c, row_of(c, r));
    const char *due = naive_payer_side_due(c->payer_side);
    if (due == NULL && c->taken < c->begun) {
        take_row(c, c->taken);
        due = naive_payer_side_due(c->payer_side);
    }
    naive_payer_side_line(r, line);
    c->asked++;
    if (due == NULL || strcmp(due, line) != 0)
        sim_fail(c->world, "I1: %s, where the twin has %s", line, due == NULL ? "nothing" : due);
}

static void on_decided(void *context, const struct batch *batch) {
    struct check *c = context;
    come_to(c, batch->count);
    if (c->taken < c->begun) take_row(c, c->taken);
    if (naive_payer_side_due(c->payer_side) != NULL)
        sim_fail(c->world, "I1: the twin asks a payer that the engine does not");
}

static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    struct check *c = context;
    uint32_t side = 0;
    memcpy(c->before, c->policy, sizeof c->before);
    c->batch = batch;
    c->begun = c->taken = 0;
    if (naive_decide_missing(c->naive_decide) > 0)
        sim_fail(c->world, "I1: the twin recommends what the engine does not");
    for (uint32_t row = 0; row < batch->count && c->world->failure[0] == '\0'; row++)
        hold_row(c, batch, row, &side);
    return c->world->failure[0] == '\0' || error_set(error, ERROR_FAILED, "a twin differs");
}

static void on_recommendation(void *context, const struct recommendation *recommendation) {
    struct check *c = context;
    come_to(c, row_of(c, recommendation));
    naive_payer_side_advise(c->payer_side, recommendation);
    if (c->before[0] != '\0' && strcmp(recommendation->policy_sha256, c->before) != 0)
        sim_fail(c->world, "I1: revision %d names another policy than was in force",
                 (int)recommendation->revision);
    if (!naive_decide_meet(c->naive_decide, recommendation))
        sim_fail(c->world, "I1: revision %d for %.*s is not what the twin recommends",
                 (int)recommendation->revision, (int)recommendation->target_account_token.size,
                 recommendation->target_account_token.data);
}

static void replay(struct check *c) {
    const struct options *o = c->expected->options;
    struct error error = {.code = ERROR_NONE};
    const struct inputs inputs = inputs_of(o);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        if (sim_cluster_partitions(c->cluster, inputs.topic[kind]) > 0)
            copy_topic(c, inputs.topic[kind], true);
    copy_topic(c, o->topic_order, true);
    copy_topic(c, o->topic_recommendations, false);
    copy_topic(c, o->topic_dead_letters, false);
    if (o->topic_shadow[0] != '\0') copy_topic(c, o->topic_shadow, false);
    struct pipeline_options how = {.options = o,
                                   .port = memory_port_port(c->memory),
                                   .unmuted_replay = true,
                                   .publish_shadows = true,
                                   .stop_at_end = true,
                                   .context = c,
                                   .batch_context = c,
                                   .decided_context = c};
    if (c->expected->with_twins) {
        how.on_recommendation = on_recommendation;
        how.on_payer_side = on_payer_side;
        how.on_batch = on_batch;
        how.on_decided = on_decided;
    }
    struct pipeline *pipeline = pipeline_open(&how, &error);
    if (pipeline == NULL || !pipeline_run(pipeline, &error))
        sim_fail(c->world, "I5: the order log cannot be replayed: %s", error.text);
    pipeline_close(pipeline);
    if (naive_decide_missing(c->naive_decide) > 0)
        sim_fail(c->world, "I1: the twin recommends what the engine does not");
}

/* Outputs. */

static struct text header_of(const struct sim_entry *entry, const char *name) {
    for (size_t i = 0; i < entry->header_count; i++)
        if (strcmp(entry->headers[i].name, name) == 0)
            return (struct text){(const char *)entry->headers[i].value.data,
                                 entry->headers[i].value.size};
    return (struct text){NULL, 0};
}

static bool same_bytes(struct bytes a, struct bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Committed and replayed records of one partition are the same, one by one. */
static uint64_t compare_partition(struct check *c, const char *topic, int32_t partition) {
    const size_t count = memory_port_count(c->memory, topic, partition);
    const struct sim_entry *entry;
    int64_t offset = 0;
    size_t at = 0;
    for (; (entry = next_of(c, topic, partition, &offset)) != NULL; at++) {
        struct port_record record;
        if (at >= count || !memory_port_get(c->memory, topic, partition, at, &record)) {
            sim_fail(c->world, "I1: %s/%d holds more than the order log gives (%zu)", topic,
                     (int)partition, count);
            return at;
        }
        if (!same_bytes(entry->key, record.key) || !same_bytes(entry->value, record.value))
            sim_fail(c->world, "I1: number %zu of %s/%d is not what the order log gives", at, topic,
                     (int)partition);
    }
    if (at < count)
        sim_fail(c->world, "I1: %s/%d holds %zu, the order log gives %zu", topic, (int)partition,
                 at, count);
    return at;
}

static uint64_t compare_topic(struct check *c, const char *topic) {
    uint64_t count = 0;
    for (int32_t p = 0; p < sim_cluster_partitions(c->cluster, topic); p++)
        count += compare_partition(c, topic, p);
    return count;
}

static bool contains(struct bytes value, const uint8_t hash[32]) {
    return memmem(value.data, value.size, hash, 32) != NULL;
}

/* Nothing comes twice, on whichever partition. */
static void check_ids(struct check *c) {
    const char *topic = c->expected->options->topic_recommendations;
    struct said {
        UT_hash_handle hh;
        char id[];
    } *all = NULL, *one, *next;
    for (int32_t p = 0; p < sim_cluster_partitions(c->cluster, topic); p++) {
        const struct sim_entry *entry;
        int64_t offset = 0;
        while ((entry = next_of(c, topic, p, &offset)) != NULL) {
            const struct text id = header_of(entry, "ce_id");
            HASH_FIND(hh, all, id.data, id.size, one);
            if (one != NULL || id.size == 0) {
                sim_fail(c->world, "I2: %.*s comes twice", (int)id.size, id.data);
                continue;
            }
            one = calloc(1, sizeof *one + id.size);
            assert(one != NULL);
            memcpy(one->id, id.data, id.size);
            HASH_ADD_KEYPTR(hh, all, one->id, id.size, one);
        }
    }
    HASH_ITER(hh, all, one, next) {
        HASH_DELETE(hh, all, one);
        free(one);
    }
}

/* Every recommendation carries the hash of the one before. */
static void check_chain(struct check *c, int32_t partition) {
    const char *topic = c->expected->options->topic_recommendations;
    uint8_t hash[32] = {0};
    const struct sim_entry *entry;
    int64_t offset = 0;
    while ((entry = next_of(c, topic, partition, &offset)) != NULL) {
        if (!contains(entry->value, hash))
            sim_fail(c->world, "I2: the chain of %s/%d is broken at offset %lld", topic,
                     (int)partition, (long long)entry->offset);
        digest_sha256(entry->value.data + FRAME_SIZE, entry->value.size - FRAME_SIZE, hash);
    }
}

/* The order log has no gap and ends where the group's offsets do: at the end of the input. */
static void check_offsets(struct check *c, enum input_kind kind, const int64_t *ends) {
    const char *topic = inputs_of(c->expected->options).topic[kind];
    for (int32_t p = 0; p < sim_cluster_partitions(c->cluster, topic); p++) {
        const int64_t input = c->expected->input_ends[kind][p];
        int64_t group = 0;
        if (input == 0) continue; /* nobody wrote to it */
        sim_cluster_committed(c->cluster, topic, p, &group);
        const int64_t due = input_has_group_offsets(kind) ? ends[p] : PORT_OFFSET_NONE;
        if (group != due || ends[p] < input)
            sim_fail(c->world, "I3: %s/%d: committed %lld, order log %lld, input ends at %lld",
                     topic, (int)p, (long long)group, (long long)ends[p], (long long)input);
    }
}

static void note_runs(struct check *c, const struct order_record *record,
                      int64_t ends[INPUT_KINDS][SIM_PARTITIONS_MAX]) {
    const struct inputs inputs = inputs_of(c->expected->options);
    for (uint32_t i = 0; i < record->run_count; i++) {
        const struct order_run *run = &record->runs[i];
        enum input_kind kind;
        if (!inputs_find(&inputs, run->topic, &kind))
            sim_fail(c->world, "I3: the order log names %.*s", (int)run->topic.size,
                     run->topic.data);
        else
            ends[kind][run->partition] = run->next_offset;
    }
}

/* How many records the order log has, and where it leaves the inputs. */
static uint64_t read_order_log(struct check *c, int64_t ends[INPUT_KINDS][SIM_PARTITIONS_MAX]) {
    const char *topic = c->expected->options->topic_order;
    int64_t offset = 0, sequence = 0;
    const struct sim_entry *entry;
    while ((entry = next_of(c, topic, 0, &offset)) != NULL) {
        struct error error;
        if (!is_ours(c, entry)) continue;
        struct order_record *record = order_record_decode(entry->value, &error);
        assert(record != NULL);
        if (record->sequence != sequence)
            sim_fail(c->world, "I3: order record %lld where %lld is due",
                     (long long)record->sequence, (long long)sequence);
        note_runs(c, record, ends);
        order_record_free(record);
        sequence++;
    }
    return (uint64_t)sequence;
}

static uint64_t check_order_log(struct check *c) {
    int64_t ends[INPUT_KINDS][SIM_PARTITIONS_MAX] = {{0}};
    const uint64_t count = read_order_log(c, ends);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        check_offsets(c, kind, ends[kind]);
    return count;
}

int64_t sim_order_end(struct sim_world *world, struct sim_cluster *cluster,
                      const struct options *options, enum input_kind kind, int32_t partition) {
    const struct sim_expectation expected = {.options = options};
    struct check c = {.world = world, .cluster = cluster, .expected = &expected};
    int64_t ends[INPUT_KINDS][SIM_PARTITIONS_MAX] = {{0}};
    read_order_log(&c, ends);
    return ends[kind][partition];
}

int64_t sim_data_end(struct sim_world *world, struct sim_cluster *cluster, const char *topic,
                     int32_t partition) {
    const struct check c = {.world = world, .cluster = cluster};
    int64_t offset = 0;
    while (next_of(&c, topic, partition, &offset) != NULL)
        ;
    return offset;
}

/* Dead letters. */

static int64_t number_in(const struct sim_entry *entry, const char *name) {
    char digits[24] = "";
    const struct text text = header_of(entry, name);
    snprintf(digits, sizeof digits, "%.*s", (int)text.size, text.data);
    return strtoll(digits, NULL, 10);
}

static bool is_of(const struct check *c, const struct sim_poison *poison,
                  const struct sim_entry *entry) {
    const struct inputs inputs = inputs_of(c->expected->options);
    return text_equal(header_of(entry, "__connect.errors.topic"),
                      text_of(inputs.topic[poison->kind])) &&
           poison->partition == number_in(entry, "__connect.errors.partition") &&
           poison->offset == number_in(entry, "__connect.errors.offset");
}

static void check_dead_letters(struct check *c) {
    const char *topic = c->expected->options->topic_dead_letters;
    const size_t count = c->expected->poison_count;
    bool *met = calloc(count + 1, sizeof *met);
    assert(met != NULL);
    const struct sim_entry *entry;
    int64_t offset = 0;
    while ((entry = next_of(c, topic, 0, &offset)) != NULL) {
        size_t i = 0;
        while (i < count && !is_of(c, &c->expected->poison[i], entry))
            i++;
        if (i == count || met[i])
            sim_fail(c->world, "I7: %lld/%lld is no poison, or is a dead letter twice",
                     (long long)number_in(entry, "__connect.errors.partition"),
                     (long long)number_in(entry, "__connect.errors.offset"));
        met[i] = true;
    }
    for (size_t i = 0; i < count; i++)
        if (!met[i])
            sim_fail(c->world, "I7: poison at %d/%lld is no dead letter",
                     (int)c->expected->poison[i].partition,
                     (long long)c->expected->poison[i].offset);
    free(met);
}

void sim_check(struct sim_world *world, struct sim_cluster *cluster,
               const struct sim_expectation *expected, struct sim_outcome *outcome) {
    const struct options *o = expected->options;
    /* Of sim_policy. */
    static const struct naive_payer_rule ask = {ACTION_HOLD_AMOUNT, 1000, UINT32_MAX, false};
    static const struct naive_payer_rule none = {ACTION_UNKNOWN, 0, 0, false};
    struct check c = {.world = world,
                      .cluster = cluster,
                      .expected = expected,
                      .memory = memory_port_open(),
                      .naive = naive_new(NAIVE_none, o->accounts_dormancy_days * 86400),
                      .naive_signals = naive_signals_new(),
                      .naive_decide = naive_decide_new(),
                      .payer_side = naive_payer_side_new(&ask, &none, UINT32_MAX)};
    outcome->order_records += check_order_log(&c);
    check_dead_letters(&c);
    for (int32_t p = 0; p < sim_cluster_partitions(cluster, o->topic_recommendations); p++)
        check_chain(&c, p);
    check_ids(&c);
    replay(&c);
    outcome->recommendations += compare_topic(&c, o->topic_recommendations);
    outcome->dead_letters += compare_topic(&c, o->topic_dead_letters);
    if (o->topic_shadow[0] != '\0') outcome->shadow_scores += compare_topic(&c, o->topic_shadow);
    outcome->signals += c.signals;
    outcome->changes += c.changes;
    outcome->asked += c.asked;
    outcome->traced += c.traced;
    naive_free(c.naive);
    naive_signals_free(c.naive_signals);
    naive_decide_free(c.naive_decide);
    naive_payer_side_free(c.payer_side);
    struct port *port = memory_port_port(c.memory);
    port->ops->close(port);
}
