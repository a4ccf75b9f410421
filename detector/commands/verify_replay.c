/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/commands/verify.h"
#include "schemas/catalog.h"
#include "schemas/order_record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What was published and what is due, of one partition, in step by their numbers. */
struct compare {
    struct verify_replay *replay;
    const struct verify_output *output;
    const struct memory_port *made; /* by the replay */
    struct verify_reader *reader;
    struct verify_report *report;
    struct avro_diff *diff;
    int32_t partition;
    int64_t base; /* number of the first of the last epoch, which is what is replayed */
    int64_t due;  /* one past the last that the order log knows of; without one: all made are */
    bool by_order_log;
    bool after_difference; /* the one before is not as replay gives it */
    uint8_t *present;      /* of those made: the output holds it somewhere */
    size_t made_count;
};

static void find(const struct compare *c, struct verify_finding finding) {
    finding.partition = c->partition;
    verify_report(c->report, &finding);
}

/* Differences. */

static bool same_bytes(struct bytes a, struct bytes b) {
    return (a.data == NULL) == (b.data == NULL) && a.size == b.size &&
           (a.data == NULL || memcmp(a.data, b.data, a.size) == 0);
}

/* The first header in which they differ; NULL: none. */
static const char *other_header(const struct port_record *a, const struct port_record *b) {
    struct port_header x, y;
    for (size_t i = 0;; i++) {
        const bool in_a = memory_port_get_header(a, i, &x);
        const bool in_b = memory_port_get_header(b, i, &y);
        if (!in_a && !in_b) return NULL;
        if (!in_a || !in_b || strcmp(x.name, y.name) != 0 || !same_bytes(x.value, y.value))
            return in_b ? y.name : x.name;
    }
}

static bool is_own_build(const struct verify_record *record) {
    char own[sizeof record->build];
    snprintf(own, sizeof own, "\"%.60s\"", build_info_version());
    return strcmp(record->build, own) == 0;
}

/* What another document or build explains is said so. */
static void say_why(char *text, size_t size, const struct verify_record *found,
                    const struct verify_record *due) {
    if (found->sequence < 0)
        snprintf(text, size, "replay gives another value; what is there cannot be read: %s",
                 found->why);
    else if (strcmp(found->model_sha256, due->model_sha256) != 0)
        snprintf(
            text, size,
            "it names model %.9s…\", the replay was made with %.9s…\"; model.path or state.dir "
            "names the one",
            found->model_sha256, due->model_sha256);
    else if (strcmp(found->policy_sha256, due->policy_sha256) != 0)
        snprintf(text, size,
                 "it names policy %.9s…\", the replay was made with %.9s…\"; policy.path or "
                 "state.dir names the one",
                 found->policy_sha256, due->policy_sha256);
    else if (strcmp(found->build, due->build) != 0)
        snprintf(text, size,
                 "it names build %.40s, due is %.40s; the order log says which build it was, and "
                 "without one a replay names its own",
                 found->build, due->build);
    else if (!is_own_build(due))
        snprintf(text, size,
                 "replay by build %.40s gives another value than build %.40s wrote; verify it with "
                 "that one to see whether it was changed",
                 build_info_version(), due->build);
    else
        snprintf(text, size, "replay gives another value");
}

static void report_values(const struct compare *c, const struct verify_record *found,
                          const struct verify_record *due) {
    struct verify_finding finding = {.kind = "DIFFERS",
                                     .sequence = due->sequence,
                                     .offset = found->record.offset,
                                     .diff = c->diff,
                                     .found = found->body,
                                     .due = due->body};
    say_why(finding.text, sizeof finding.text, found, due);
    find(c, finding);
}

static void report_around(const struct compare *c, const struct verify_record *found,
                          const struct verify_record *due, const char *header) {
    struct verify_finding finding = {
        .kind = "DIFFERS", .sequence = due->sequence, .offset = found->record.offset};
    if (header == NULL)
        snprintf(finding.text, sizeof finding.text,
                 "the value is as replay gives it, the key is another");
    else
        snprintf(finding.text, sizeof finding.text,
                 "the value is as replay gives it, the header %.64s is another", header);
    find(c, finding);
}

static void note_path(void *context, const char *path, const char *found, const char *due) {
    bool *other = context;
    (void)found;
    (void)due;
    *other |= strcmp(path, "previous_hash") != 0;
}

/* After one that was changed, the next names it by its hash and is changed for that alone. */
static bool only_follows(const struct compare *c, const struct verify_record *found,
                         const struct verify_record *due) {
    bool other = false;
    if (!c->after_difference || found->sequence < 0) return false;
    avro_diff_records(c->diff, found->body, due->body, note_path, &other);
    return !other;
}

static void compare_pair(struct compare *c, const struct verify_record *found,
                         const struct verify_record *due) {
    const char *header = other_header(&found->record, &due->record);
    const bool differs = !same_bytes(found->record.value, due->record.value);
    if (differs && only_follows(c, found, due))
        c->replay->followers++;
    else if (differs)
        report_values(c, found, due);
    else if (header != NULL || !same_bytes(found->record.key, due->record.key))
        report_around(c, found, due, header);
    else
        c->replay->reproduced++;
    c->after_difference = differs;
}

/* What stands elsewhere is the chain's finding. */
static void report_missing(const struct compare *c, const struct verify_record *due) {
    if (c->present[due->sequence - c->base]) return;
    struct verify_finding finding = {.kind = "MISSING", .sequence = due->sequence, .offset = -1};
    snprintf(finding.text, sizeof finding.text, "replay gives it and the output does not hold it");
    find(c, finding);
}

static void report_extra(const struct compare *c, const struct verify_record *found) {
    struct verify_finding finding = {
        .kind = "EXTRA", .sequence = found->sequence, .offset = found->record.offset};
    if (c->by_order_log && found->sequence >= c->due && c->output->covered == NULL)
        snprintf(finding.text, sizeof finding.text,
                 "the order log ends before number %lld; record both to the same point",
                 (long long)c->due);
    else if (c->by_order_log && found->sequence >= c->due)
        snprintf(finding.text, sizeof finding.text,
                 "the order log, read again after it, ends before number %lld: no engine committed "
                 "it",
                 (long long)c->output->covered[c->partition]);
    else
        snprintf(finding.text, sizeof finding.text, "replay does not give it");
    find(c, finding);
}

/* In step. */

/* The next one of our shard; what has no readable number takes the one that is due there. */
static bool next_found(const struct compare *c, size_t *index, int64_t *number,
                       struct verify_record *found) {
    const char *shard = c->replay->options->shard_id;
    while (verify_read(c->reader, c->output->memory, c->output->topic, c->partition, (*index)++,
                       found)) {
        if (strcmp(found->shard, shard) != 0) continue;
        *number = found->sequence >= 0 ? found->sequence : *number + 1;
        return true;
    }
    return false;
}

static bool get_due(const struct compare *c, int64_t number, struct verify_record *due) {
    return number >= c->base && number < c->due &&
           verify_read(c->reader, c->made, c->output->topic, c->partition,
                       (size_t)(number - c->base), due);
}

/* The beginning that retention took is not missing. */
static int64_t first_due(const struct compare *c) {
    const struct verify_output *o = c->output;
    struct verify_record found;
    size_t index = 0;
    int64_t number = -1;
    const bool late = o->beginning_may_lack || o->begins_late[c->partition];
    if (!late) return c->base;
    const int64_t first = next_found(c, &index, &number, &found) ? number : c->due;
    return first > c->base ? first : c->base;
}

static bool note_present(struct compare *c, struct error *error) {
    struct verify_record found;
    size_t index = 0;
    int64_t number = -1;
    free(c->present);
    c->made_count = memory_port_count(c->made, c->output->topic, c->partition);
    c->present = calloc(c->made_count + 1, sizeof *c->present);
    if (c->present == NULL) return error_set(error, ERROR_FAILED, "no memory to compare");
    while (next_found(c, &index, &number, &found))
        if (number >= c->base && number - c->base < (int64_t)c->made_count)
            c->present[number - c->base] = true;
    return true;
}

/* Committed after what the replay knows of the order log, and before the output was read. */
static bool is_newer(const struct compare *c, int64_t number) {
    return c->by_order_log && number >= c->due && c->output->covered != NULL &&
           number < c->output->covered[c->partition];
}

static bool compare_partition(struct compare *c, struct error *error) {
    struct verify_record found, due;
    size_t index = 0;
    int64_t number = -1, next = first_due(c); /* numbers below `next` have been dealt with */
    c->after_difference = false;
    if (!note_present(c, error)) return false;
    while (next_found(c, &index, &number, &found)) {
        for (; next < number && get_due(c, next, &due); next++)
            report_missing(c, &due);
        if (number < c->base)
            c->replay->earlier++;
        else if (get_due(c, number, &due))
            compare_pair(c, &found, &due);
        else if (is_newer(c, number))
            c->replay->newer++;
        else
            report_extra(c, &found);
        if (number >= next) next = number + 1;
    }
    for (; get_due(c, next, &due); next++)
        report_missing(c, &due);
    return true;
}

/* Numbers first … end - 1 of a partition are of the last epoch. */
struct span {
    int64_t first, end;
};

/* Every order record tells of the chain of all partitions; record 0 where its epoch begins. */
static void note_spans(const struct order_record *record, struct span *spans, int32_t partitions) {
    for (uint32_t i = 0; i < record->output_count; i++) {
        const struct order_output *output = &record->outputs[i];
        if (output->partition < 0 || output->partition >= partitions) continue;
        spans[output->partition].end = output->next_sequence;
        if (record->sequence == 0) spans[output->partition].first = output->next_sequence;
    }
}

static bool read_spans(struct replay_source *source, struct span *spans, int32_t partitions,
                       struct error *error) {
    struct port_message message;
    for (size_t i = 0; replay_source_order(source, i, &message); i++) {
        struct order_record *record = order_record_decode(message.value, error);
        if (record == NULL) return false;
        note_spans(record, spans, partitions);
        order_record_free(record);
    }
    return true;
}

static void span_all(struct span *spans, int32_t partitions) {
    for (int32_t p = 0; p < partitions; p++)
        spans[p].end = INT64_MAX;
}

/* As the replay did: see offline_run_open. */
static bool follows_order_log(const struct verify_replay *replay,
                              const struct replay_source *source) {
    struct port_message message;
    return replay->input.signals == NULL && replay_source_order(source, 0, &message);
}

static bool compare_all(struct compare *c, struct replay_source *source, struct error *error) {
    const int32_t made = replay_source_output_partitions(source) > 0
                             ? replay_source_output_partitions(source)
                             : (int32_t)c->replay->input.partitions;
    const int32_t partitions = made > c->output->partitions ? made : c->output->partitions;
    struct span *spans = calloc((size_t)partitions + 1, sizeof *spans);
    if (spans == NULL) return error_set(error, ERROR_FAILED, "no memory to compare");
    c->by_order_log = follows_order_log(c->replay, source);
    if (!c->by_order_log) span_all(spans, partitions);
    bool ok = !c->by_order_log || read_spans(source, spans, partitions, error);
    for (c->partition = 0; ok && c->partition < partitions; c->partition++) {
        c->base = spans[c->partition].first;
        c->due = spans[c->partition].end;
        ok = compare_partition(c, error);
    }
    free(c->present);
    free(spans);
    return ok;
}

/* Not offline_run_go: what a signal cut short would prove nothing. */
static bool run_engine(struct verify_replay *replay, struct offline_run *run, struct error *error) {
    const struct replay_engine_options options = {.settings = replay->options,
                                                  .quiet = replay->quiet};
    if (!offline_run_open(run, &replay->input, &options, error)) return false;
    if (!replay_engine_run(run->engine, error)) return error_prefix(error, "replay");
    replay->records = replay_engine_taken(run->engine);
    return true;
}

bool verify_replay(struct verify_replay *replay, const struct verify_output *output,
                   struct verify_reader *reader, struct verify_report *report,
                   struct error *error) {
    struct compare compare = {
        .replay = replay, .output = output, .reader = reader, .report = report};
    struct offline_run run = {0};
    const int64_t found_before = report->findings;
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    compare.diff = avro_diff_open(json, size, error);
    bool ok = compare.diff != NULL && run_engine(replay, &run, error);
    if (ok) {
        compare.made = replay_engine_memory(run.engine);
        ok = compare_all(&compare, run.source, error);
        replay->may_lack_signals = report->findings > found_before &&
                                   replay_source_input_partitions(run.source, INPUT_SIGNALS) == 0;
    }
    offline_run_close(&run);
    avro_diff_close(compare.diff);
    return ok;
}
