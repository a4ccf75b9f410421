/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/taint_table.h"

#include <stdlib.h>
#include <string.h>

enum { MARKS_AN_ACCOUNT = 4, LOOKS = 32 };

/* Pools. */

static bool has_room(const struct taint_pool *pool, uint32_t count) {
    return pool->max - pool->used >= count;
}

size_t taint_visits_of(uint32_t walk_max) {
    return 3 * (size_t)walk_max + 3;
}

size_t taint_bytes_of(const struct taint_options *options) {
    const size_t max = options->accounts_max;
    return sizeof(struct taint) + taint_visits_of(options->walk_max) * sizeof(struct taint_visit) +
           max * (sizeof(struct taint_account) + MARKS_AN_ACCOUNT * sizeof(struct taint_mark) +
                  sizeof(struct taint_source) + sizeof(struct taint_hold)) +
           2 * number_map_bytes(options->accounts_max);
}

bool taint_table_open(struct taint *t) {
    const uint32_t max = t->options.accounts_max;
    t->account_pool.max = t->source_pool.max = max;
    t->mark_pool.max = MARKS_AN_ACCOUNT * max;
    t->account = calloc((size_t)t->account_pool.max + 1, sizeof *t->account);
    t->mark = calloc((size_t)t->mark_pool.max + 1, sizeof *t->mark);
    t->source = calloc((size_t)t->source_pool.max + 1, sizeof *t->source);
    t->holds = calloc(t->source_pool.max, sizeof *t->holds);
    return number_map_open(&t->by_number, max) && number_map_open(&t->by_ordinal, max) &&
           t->account != NULL && t->mark != NULL && t->source != NULL && t->holds != NULL;
}

void taint_table_close(struct taint *t) {
    number_map_close(&t->by_number);
    number_map_close(&t->by_ordinal);
    free(t->account);
    free(t->mark);
    free(t->source);
    free(t->holds);
    taint_items_free(t);
}

/* A pool's blocks keep the next free one in `link`. */
static uint32_t take(struct taint_pool *pool, uint32_t link) {
    const uint32_t number = pool->free != 0 ? pool->free : ++pool->top;
    if (pool->free != 0) pool->free = link;
    pool->used++;
    return number;
}

static void give(struct taint_pool *pool, uint32_t number, uint32_t *link) {
    *link = pool->free;
    pool->free = number;
    pool->used--;
}

/* Sources. */

uint32_t taint_source_of(const struct taint *t, uint64_t ordinal) {
    const uint32_t source = number_map_get(&t->by_ordinal, ordinal + 1);
    return source != 0 && taint_is_live(t, source) ? source : 0;
}

static void free_source(struct taint *t, uint32_t source) {
    struct taint_source *s = &t->source[source];
    if (s->holders > 0 || s->marks > 0) return;
    number_map_remove(&t->by_ordinal, s->ordinal + 1);
    *s = (struct taint_source){.ordinal = 0};
    give(&t->source_pool, source, &s->payee);
}

static uint32_t add_source(struct taint *t, const struct taint_source *credit) {
    const uint32_t source = take(&t->source_pool, t->source[t->source_pool.free].payee);
    taint_touch(t, &t->source[source]);
    t->source[source] = *credit;
    number_map_add(&t->by_ordinal, credit->ordinal + 1, source);
    return source;
}

static bool is_same_report(struct account_key a, struct account_key b) {
    return a.low == b.low && a.high == b.high;
}

static struct taint_hold *hold_of(const struct taint *t, struct account_key report,
                                  uint32_t source) {
    for (uint32_t i = 0; i < t->hold_count; i++)
        if (t->holds[i].source == source && is_same_report(t->holds[i].report, report))
            return &t->holds[i];
    return NULL;
}

uint32_t taint_hold(struct taint *t, struct account_key report, uint32_t until_s,
                    const struct taint_source *credit, bool *held) {
    uint32_t source = number_map_get(&t->by_ordinal, credit->ordinal + 1);
    struct taint_hold *hold = source == 0 ? NULL : hold_of(t, report, source);
    *held = hold != NULL;
    if (*held) {
        hold->until_s = until_s;
        return source;
    }
    if (t->hold_count == t->source_pool.max || (source == 0 && !has_room(&t->source_pool, 1)))
        return 0;
    if (source == 0) source = add_source(t, credit);
    taint_touch(t, &t->source[source]);
    taint_touch(t, &t->holds[t->hold_count]);
    if (t->source[source].holders == 0) t->source[source].report = report;
    t->source[source].holders++;
    t->holds[t->hold_count++] = (struct taint_hold){report, source, until_s};
    return source;
}

void taint_let_go(struct taint *t, uint32_t hold) {
    const uint32_t source = t->holds[hold].source;
    taint_touch(t, &t->holds[hold]);
    taint_touch(t, &t->source[source]);
    t->holds[hold] = t->holds[--t->hold_count];
    t->source[source].holders--;
    for (uint32_t i = 0; t->source[source].holders > 0 && i < t->hold_count; i++)
        if (t->holds[i].source == source) t->source[source].report = t->holds[i].report;
    free_source(t, source);
}

void taint_undo(struct taint *t, uint32_t hold) {
    const struct taint_source source = t->source[t->holds[hold].source];
    taint_let_go(t, hold);
    taint_walk(t, source.ordinal, source.payee);
}

uint32_t taint_reports(const struct taint *t, uint32_t number, struct account_key *out,
                       uint32_t max) {
    const uint32_t entry = taint_entry(t, number);
    uint32_t count = 0;
    for (uint32_t m = entry == 0 ? 0 : t->account[entry].first; m != 0; m = t->mark[m].next) {
        const struct taint_source *source = &t->source[t->mark[m].source];
        uint32_t i = 0;
        while (i < count && !is_same_report(out[i], source->report))
            i++;
        if (i < count || !taint_is_live(t, t->mark[m].source)) continue;
        if (count == max) memmove(out, out + 1, --count * sizeof *out);
        out[count++] = source->report;
    }
    return count;
}

/* Accounts. */

uint32_t taint_stretches(const struct taint *t, uint32_t number,
                         struct taint_stretch out[TAINT_MARKS_MAX]) {
    const uint32_t entry = taint_entry(t, number);
    uint32_t count = 0;
    for (uint32_t m = entry == 0 ? 0 : t->account[entry].first; m != 0; m = t->mark[m].next) {
        const struct taint_mark *mark = &t->mark[m];
        if (!taint_is_live(t, mark->source)) continue;
        out[count++] = (struct taint_stretch){
            mark->ordinal, mark->start, mark->amount, mark->source, t->source[mark->source].second,
            mark->hop};
    }
    return count;
}

static uint32_t add_entry(struct taint *t, uint32_t number) {
    struct account *account = accounts_numbered(t->accounts, number);
    if (account == NULL || !has_room(&t->account_pool, 1)) return 0;
    const uint32_t entry = take(&t->account_pool, t->account[t->account_pool.free].first);
    taint_touch(t, &t->account[entry]);
    t->account[entry] = (struct taint_account){.number = number};
    number_map_add(&t->by_number, number, entry);
    accounts_set_tainted(t->accounts, account, true);
    return entry;
}

static void free_entry(struct taint *t, uint32_t entry) {
    struct taint_account *a = &t->account[entry];
    struct account *account = accounts_numbered(t->accounts, a->number);
    if (account != NULL) accounts_set_tainted(t->accounts, account, false);
    number_map_remove(&t->by_number, a->number);
    *a = (struct taint_account){.number = 0};
    give(&t->account_pool, entry, &a->first);
}

/* Takes the mark that `*link` names out of the list of an entry. */
static void drop_mark(struct taint *t, uint32_t entry, uint32_t *link) {
    const uint32_t number = *link, source = t->mark[number].source;
    taint_touch(t, link);
    taint_touch(t, &t->account[entry]);
    taint_touch(t, &t->mark[number]);
    taint_touch(t, &t->source[source]);
    *link = t->mark[number].next;
    t->account[entry].count--;
    t->mark[number] = (struct taint_mark){.ordinal = 0};
    give(&t->mark_pool, number, &t->mark[number].next);
    t->source[source].marks--;
    free_source(t, source);
}

static void drop_dead(struct taint *t, uint32_t entry) {
    for (uint32_t *link = &t->account[entry].first; *link != 0;)
        if (taint_is_live(t, t->mark[*link].source))
            link = &t->mark[*link].next;
        else
            drop_mark(t, entry, link);
}

void taint_prune(struct taint *t, uint32_t entry) {
    drop_dead(t, entry);
    if (t->account[entry].count == 0) free_entry(t, entry);
}

void taint_forget(struct taint *t, uint32_t number) {
    const uint32_t entry = taint_entry(t, number);
    if (entry == 0) return;
    while (t->account[entry].first != 0)
        drop_mark(t, entry, &t->account[entry].first);
    free_entry(t, entry);
}

void taint_note_bound(struct taint *t, uint32_t number) {
    struct account *account = accounts_numbered(t->accounts, number);
    if (account != NULL) accounts_set_bounded(t->accounts, account, t->clock_s);
    t->bounded++;
}

/* One event's marks. */

static bool is_of(const struct taint_mark *mark, const struct taint_event *event) {
    return mark->ordinal == event->ordinal && (mark->hop == TAINT_RETURNED) == event->returned;
}

/* The place in an entry's list where the marks of an event are, or would be. */
static uint32_t *place_of(struct taint *t, uint32_t entry, const struct taint_event *event) {
    uint32_t *link = &t->account[entry].first;
    while (*link != 0 && t->mark[*link].ordinal <= event->ordinal && !is_of(&t->mark[*link], event))
        link = &t->mark[*link].next;
    return link;
}

static bool is_same(const struct taint *t, uint32_t m, const struct taint_event *event,
                    const struct taint_parts *parts) {
    uint32_t i = 0;
    for (; m != 0 && is_of(&t->mark[m], event); m = t->mark[m].next, i++) {
        const struct taint_mark *mark = &t->mark[m];
        const struct taint_stretch *part = &parts->part[i];
        if (i == parts->count || mark->source != part->source || mark->start != part->start ||
            mark->amount != part->amount || mark->hop != part->hop)
            return false;
    }
    return i == parts->count;
}

static uint32_t *add_mark(struct taint *t, uint32_t entry, uint32_t *link,
                          const struct taint_event *event, const struct taint_stretch *part) {
    const uint32_t number = take(&t->mark_pool, t->mark[t->mark_pool.free].next);
    taint_touch(t, link);
    taint_touch(t, &t->account[entry]);
    taint_touch(t, &t->mark[number]);
    t->mark[number] = (struct taint_mark){.ordinal = event->ordinal,
                                          .start = part->start,
                                          .amount = part->amount,
                                          .source = part->source,
                                          .second = event->second,
                                          .counterparty = event->counterparty,
                                          .next = *link,
                                          .hop = part->hop};
    *link = number;
    t->account[entry].count++;
    t->source[part->source].marks++;
    return &t->mark[number].next;
}

/* Returns how many of the parts there is room for. */
static uint32_t make_room(struct taint *t, uint32_t entry, uint32_t wanted) {
    if (t->account[entry].count + wanted > TAINT_MARKS_MAX) drop_dead(t, entry);
    uint32_t room = TAINT_MARKS_MAX - t->account[entry].count;
    if (room > t->mark_pool.max - t->mark_pool.used) room = t->mark_pool.max - t->mark_pool.used;
    return wanted < room ? wanted : room;
}

bool taint_put(struct taint *t, uint32_t number, const struct taint_event *event,
               const struct taint_parts *parts) {
    uint32_t entry = taint_entry(t, number);
    if (entry == 0 && parts->count == 0) return false;
    if (entry == 0) entry = add_entry(t, number);
    if (entry == 0) {
        taint_note_bound(t, number);
        return false;
    }
    uint32_t *link = place_of(t, entry, event);
    if (is_same(t, *link, event, parts)) return false;
    for (uint32_t i = 0; i < parts->count; i++) {
        taint_touch(t, &t->source[parts->part[i].source]);
        t->source[parts->part[i].source].marks++; /* none of them is freed meanwhile */
    }
    while (*link != 0 && is_of(&t->mark[*link], event))
        drop_mark(t, entry, link);
    const uint32_t count = make_room(t, entry, parts->count);
    link = place_of(t, entry, event);
    for (uint32_t i = 0; i < count; i++)
        link = add_mark(t, entry, link, event, &parts->part[i]);
    if (count < parts->count) taint_note_bound(t, number);
    for (uint32_t i = 0; i < parts->count; i++) {
        t->source[parts->part[i].source].marks--;
        free_source(t, parts->part[i].source);
    }
    if (t->account[entry].count == 0) free_entry(t, entry);
    return true;
}

/* Upkeep. */

static bool is_over(const struct taint *t, uint32_t source) {
    return (int64_t)t->source[source].second <= t->clock_s - RING_KEEP_S;
}

void taint_maintain(struct taint *t, int64_t clock_s) {
    t->clock_s = clock_s;
    for (uint32_t i = 0; i < LOOKS && t->account_pool.top > 0; i++) {
        t->hand_account = t->hand_account % t->account_pool.top + 1;
        if (t->account[t->hand_account].number != 0) taint_prune(t, t->hand_account);
    }
    t->steps_left = t->options.walk_max;
    for (uint32_t i = 0; i < LOOKS && t->hold_count > 0; i++) {
        t->hand_hold = (t->hand_hold + 1) % t->hold_count;
        const struct taint_hold *hold = &t->holds[t->hand_hold];
        if (is_over(t, hold->source))
            taint_let_go(t, t->hand_hold);
        else if (hold->until_s <= clock_s)
            taint_undo(t, t->hand_hold);
    }
}
