/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_walk.h"
#include "detector/commands/json_text.h"
#include "detector/commands/text_columns.h"
#include "detector/verdict.h"

#include <stdlib.h>

enum { GROUPS_MAX = 256, REASON_WIDTH = 16 };

struct end {
    int32_t partition;
    int64_t offset, written_ms;
};

/* Letters of one source topic that died for one reason. */
struct group {
    char topic[DLQ_TOPIC_SIZE], reason[DLQ_REASON_SIZE];
    int64_t letters, waiting;
    struct end first, last; /* by the time they died */
};

struct list {
    const struct dlq_query *query;
    struct group groups[GROUPS_MAX];
    size_t count;
    int64_t letters, waiting, unlisted;
};

static struct group *group_of(struct list *l, const struct dlq_letter *letter) {
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->groups[i].reason, letter->reason) == 0 &&
            strcmp(l->groups[i].topic, letter->source_topic) == 0)
            return &l->groups[i];
    if (l->count == GROUPS_MAX) return NULL;
    struct group *group = &l->groups[l->count++];
    *group = (struct group){.letters = 0};
    memcpy(group->reason, letter->reason, sizeof group->reason);
    memcpy(group->topic, letter->source_topic, sizeof group->topic);
    return group;
}

static bool take(void *context, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error) {
    struct list *l = context;
    const int64_t written_ms = place->record->timestamp_ms;
    const struct end end = {letter->source_partition, letter->source_offset, written_ms};
    struct group *group = group_of(l, letter);
    (void)error;
    l->letters++;
    l->waiting += !place->redriven;
    if (group == NULL) {
        l->unlisted++;
        return true;
    }
    if (group->letters == 0 || written_ms < group->first.written_ms) group->first = end;
    if (group->letters == 0 || written_ms >= group->last.written_ms) group->last = end;
    group->letters++;
    group->waiting += !place->redriven;
    return true;
}

/* The most come first; their names decide what is equal. */
static int by_count(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    if (x->letters != y->letters) return x->letters > y->letters ? -1 : 1;
    const int names = strcmp(x->reason, y->reason);
    return names != 0 ? names : strcmp(x->topic, y->topic);
}

static json_t *json_end(const struct end *end) {
    char time[DLQ_TIME_SIZE];
    return json_pack("{si sI ss}", "partition", (int)end->partition, "offset",
                     (json_int_t)end->offset, "time", dlq_time(end->written_ms, time));
}

static void print_json(const struct list *l, FILE *out) {
    for (size_t i = 0; i < l->count; i++) {
        const struct group *group = &l->groups[i];
        json_t *row = json_pack("{so so sI sI so so}", "reason", json_text(group->reason), "topic",
                                json_text(group->topic), "letters", (json_int_t)group->letters,
                                "waiting", (json_int_t)group->waiting, "first",
                                json_end(&group->first), "last", json_end(&group->last));
        json_dumpf(row, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
        fputc('\n', out);
        json_decref(row);
    }
}

static void print_end(FILE *out, const struct end *end) {
    char time[DLQ_TIME_SIZE], position[40];
    snprintf(position, sizeof position, "%d/%lld", (int)end->partition, (long long)end->offset);
    fprintf(out, "  %-14s %-20s", position, dlq_time(end->written_ms, time));
}

static bool several_topics(const struct list *l) {
    for (size_t i = 1; i < l->count; i++)
        if (strcmp(l->groups[i].topic, l->groups[0].topic) != 0) return true;
    return false;
}

static void print_groups(const struct list *l, FILE *out) {
    const bool topics = several_topics(l);
    fprintf(out, "\n%-15s %9s %9s  %-35s  %s\n", "reason", "letters", "waiting",
            "first: source, died", "last: source, died");
    for (size_t i = 0; i < l->count; i++) {
        const struct group *group = &l->groups[i];
        columns_left(group->reason, REASON_WIDTH, out);
        fprintf(out, "%9lld %9lld", (long long)group->letters, (long long)group->waiting);
        print_end(out, &group->first);
        print_end(out, &group->last);
        if (topics) fputs("  ", out);
        if (topics) printable_put(group->topic, out);
        fputc('\n', out);
    }
}

static const char *what_it_means(const char *reason) {
    const enum verdict verdict = verdict_find(text_of(reason));
    return verdict == VERDICT_COUNT ? "not known to this version" : verdict_text(verdict);
}

static void print_meanings(const struct list *l, FILE *out) {
    fprintf(out, "\n");
    for (size_t i = 0; i < l->count; i++) {
        columns_left(l->groups[i].reason, REASON_WIDTH, out);
        fprintf(out, "%s\n", what_it_means(l->groups[i].reason));
    }
}

static void print_totals(const struct list *l, FILE *out) {
    fprintf(out, "%s: %lld dead letter%s of ", l->query->options->topic_dead_letters,
            (long long)l->letters, l->letters == 1 ? "" : "s");
    printable_put(several_topics(l) ? "several topics" : l->groups[0].topic, out);
    fprintf(out, ", %lld sent back, %lld waiting\n", (long long)(l->letters - l->waiting),
            (long long)l->waiting);
}

/* A command to copy names no reason but our own. */
static void print_next(const struct list *l, FILE *out) {
    for (size_t i = 0; i < l->count; i++) {
        const enum verdict verdict = verdict_find(text_of(l->groups[i].reason));
        if (verdict == VERDICT_COUNT) continue;
        fprintf(out, "\nnext: saqshy dlq show --reason %s\n", verdict_name(verdict));
        return;
    }
}

static void print(const struct list *l, int64_t strangers, FILE *out) {
    if (l->letters == 0)
        fprintf(out, "%s holds no dead letter.\n", l->query->options->topic_dead_letters);
    else
        print_totals(l, out);
    if (strangers > 0)
        fprintf(out, "%lld record%s there %s no dead letter of Saqshy.\n", (long long)strangers,
                strangers == 1 ? "" : "s", strangers == 1 ? "is" : "are");
    if (l->letters == 0) return;
    print_groups(l, out);
    if (l->unlisted > 0) fprintf(out, "and %lld more of other reasons\n", (long long)l->unlisted);
    if (l->query->quiet) return;
    print_meanings(l, out);
    print_next(l, out);
}

bool dlq_list(struct port *port, const struct dlq_query *query, FILE *out, struct error *error) {
    struct list *l = calloc(1, sizeof *l);
    if (l == NULL) return error_set(error, ERROR_FAILED, "no memory for the list");
    l->query = query;
    struct dlq_walk walk = {
        .port = port, .topic = query->options->topic_dead_letters, .each = take, .context = l};
    const bool ok = dlq_walk(&walk, error);
    if (l->count > 1) qsort(l->groups, l->count, sizeof *l->groups, by_count);
    if (ok && query->json)
        print_json(l, out);
    else if (ok)
        print(l, walk.strangers, out);
    free(l);
    return ok;
}
