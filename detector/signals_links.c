/* SPDX-License-Identifier: Apache-2.0 */
/* Which subjects a signal is bound to, and the lists of subjects. */
#include "detector/signals_table.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct account_key subject_key_of(enum subject_type type, struct text token) {
    if (type == SUBJECT_ACCOUNT) return account_key_of(token);
    const XXH128_hash_t hash = XXH3_128bits_withSeed(token.data, token.size, (XXH64_hash_t)type);
    return (struct account_key){hash.low64, hash.high64};
}

/* What is said. */

static bool has_weight(const struct signal *s) {
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_INCIDENT:
    case SIGNAL_LIST_ENTRY:
    case SIGNAL_BOT_REPORT:
        return true;
    case SIGNAL_OUTCOME:
        return s->outcome_result == OUTCOME_CONFIRMED_FRAUD;
    default:
        return false;
    }
}

static bool is_party(uint8_t type) {
    return type == SUBJECT_ACCOUNT || type == SUBJECT_PERSON || type == SUBJECT_PHONE ||
           type == SUBJECT_DEVICE;
}

/* Citizens' reports of calls and loans mark nobody. */
static uint8_t mark_of(const struct signal *s, const struct signal_subject *subject) {
    const bool victim = subject->role == ROLE_VICTIM;
    if (has_weight(s)) return is_party(subject->type) && !victim ? MARK_WEIGHT : 0;
    if (signal_is_citizens(s)) return 0;
    if (s->kind == SIGNAL_MULTI_LOAN_APPLICATION) return is_party(subject->type) ? MARK_LOANS : 0;
    if (s->kind != SIGNAL_SIM_BOX && s->kind != SIGNAL_FRAUD_CALL) return 0;
    if (subject->type != SUBJECT_PHONE) return 0;
    return victim ? MARK_CALLED : MARK_SIM_BOX;
}

static uint32_t called_s_of(const struct signal *s) {
    return (uint32_t)(s->occurred_at_present ? s->occurred_at_s : s->valid_from_s);
}

static uint32_t bind_also(struct binding *bindings, uint32_t count, struct binding one) {
    for (uint32_t i = 0; i < count; i++)
        if (bindings[i].key.low == one.key.low && bindings[i].key.high == one.key.high) {
            bindings[i].mark |= one.mark;
            if (one.called_s != 0) bindings[i].called_s = one.called_s;
            return count;
        }
    bindings[count] = one;
    return count + 1;
}

uint32_t signals_bindings(const struct signal *s, struct binding *bindings) {
    uint32_t count = 0;
    const bool says = s->confidence >= CONFIDENCE_REPORTED && s->confidence <= CONFIDENCE_CONFIRMED;
    const bool calls = s->kind == SIGNAL_SIM_BOX || s->kind == SIGNAL_FRAUD_CALL;
    for (uint32_t i = 0; says && i < s->subject_count; i++) {
        const struct signal_subject *subject = &s->subjects[i];
        const uint8_t mark = mark_of(s, subject);
        if (mark == 0) continue;
        count = bind_also(bindings, count,
                          (struct binding){subject_key_of(subject->type, subject->token),
                                           mark == MARK_CALLED ? called_s_of(s) : 0, mark});
    }
    if (says && calls && !signal_is_citizens(s) && s->called_phone_token.size > 0)
        count = bind_also(bindings, count,
                          (struct binding){subject_key_of(SUBJECT_PHONE, s->called_phone_token),
                                           called_s_of(s), MARK_CALLED});
    return count;
}

uint32_t signals_weighed(const struct signal *s, struct account_key keys[SIGNAL_SUBJECTS_MAX]) {
    struct binding bindings[LINKS_MAX];
    uint32_t count = 0;
    if (signal_is_citizens(s)) return 0;
    const uint32_t bound = signals_bindings(s, bindings);
    for (uint32_t i = 0; i < bound; i++)
        if ((bindings[i].mark & MARK_WEIGHT) != 0) keys[count++] = bindings[i].key;
    return count;
}

/* The first that names no call is the signal's own link. */
uint32_t signals_link_cells(const struct binding *bindings, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (bindings[i].called_s == 0) return count - 1;
    return count;
}

uint32_t signals_held_cells(const struct signals *t, const struct known *k) {
    uint32_t held = 0;
    for (uint32_t cell = k->more; cell != 0; cell = cell_at(t, cell)->more)
        held++;
    return held;
}

/* Lists. */

uint64_t signals_link_low(const void *signals, uint32_t reference) {
    return link_at(signals, reference)->low;
}

void signals_link_fetch(const void *signals, uint32_t reference) {
    prefetch(link_at(signals, reference));
}

uint32_t signals_head(const struct signals *t, struct account_key key) {
    struct signal_probe probe = signal_index_probe(&t->subjects, key);
    for (uint32_t head; (head = signal_index_next(&t->subjects, key, &probe)) != 0;)
        if (link_at(t, head)->low == key.low) return head;
    return 0;
}

static struct account_key key_of(const struct link *link) {
    return (struct account_key){link->low, (uint64_t)link->tag << 32};
}

/* `head`: of its subject. */
static void list_add(struct signals *t, uint32_t reference, uint32_t head) {
    struct link *link = link_at(t, reference);
    link->next = head;
    if (head == 0)
        signal_index_add(&t->subjects, key_of(link), reference);
    else
        signal_index_change(&t->subjects, key_of(link), head, reference);
}

static void list_remove(struct signals *t, uint32_t reference) {
    const struct link *link = link_at(t, reference);
    uint32_t at = signals_head(t, key_of(link));
    if (at == reference) {
        signal_index_change(&t->subjects, key_of(link), at, link->next);
        return;
    }
    while (link_at(t, at)->next != reference)
        at = link_at(t, at)->next;
    link_at(t, at)->next = link->next;
}

/* What stays where there are too many: what is not over, the surer, the longer, the smaller id. */
static bool is_weaker(const struct signals *t, uint32_t a, uint32_t b, int64_t clock_s) {
    const struct known *x = known_at(t, a), *y = known_at(t, b);
    const bool x_over = x->until_s <= clock_s, y_over = y->until_s <= clock_s;
    if (x_over != y_over) return x_over;
    if (known_base(x) != known_base(y)) return known_base(x) < known_base(y);
    if (x->until_s != y->until_s) return x->until_s < y->until_s;
    return signals_compare_ids(t, a, b) > 0;
}

uint32_t signals_alike(const struct signals *t, uint32_t head, uint32_t number, uint8_t mark,
                       uint32_t *weakest, int64_t clock_s) {
    const uint8_t source = known_source(known_at(t, number));
    uint32_t count = 0;
    *weakest = 0;
    for (uint32_t at = head; at != 0; at = link_at(t, at)->next) {
        const uint32_t other = link_signal(t, at);
        if (known_source(known_at(t, other)) != source ||
            ((link_mark(t, at) ^ mark) & MARK_WEIGHT) != 0)
            continue;
        count++;
        if (*weakest == 0 || is_weaker(t, other, link_signal(t, *weakest), clock_s)) *weakest = at;
    }
    return count;
}

static void drop_cell(struct signals *t, uint32_t cell) {
    uint32_t *from = &known_at(t, cell_at(t, cell)->of)->more;
    while (*from != cell)
        from = &cell_at(t, *from)->more;
    *from = cell_at(t, cell)->more;
    signal_blocks_give(&t->cells, cell);
}

/* A link that names no call has no cell while the signal's own place is free: a table is held in
 * as many cells as one that was loaded. */
static void fill_own(struct signals *t, uint32_t number) {
    struct known *k = known_at(t, number);
    uint32_t cell = k->more;
    while (cell != 0 && cell_at(t, cell)->called_s != 0)
        cell = cell_at(t, cell)->more;
    if (cell == 0) return;
    list_remove(t, cell | IN_CELL);
    k->own = cell_at(t, cell)->link;
    k->mark = cell_at(t, cell)->mark;
    drop_cell(t, cell);
    list_add(t, number, signals_head(t, key_of(&k->own)));
}

/* Takes a link out of its signal; it is in no list. */
static void drop(struct signals *t, uint32_t reference) {
    if ((reference & IN_CELL) != 0) {
        drop_cell(t, reference & ~IN_CELL);
        return;
    }
    known_at(t, reference)->mark = 0;
    fill_own(t, reference);
}

static uint32_t new_link(struct signals *t, uint32_t number, const struct binding *b) {
    struct known *k = known_at(t, number);
    const struct link link = {.low = b->key.low, .tag = signal_index_tag(b->key)};
    if (k->mark == 0 && b->called_s == 0) {
        k->own = link;
        k->mark = b->mark;
        return number;
    }
    const uint32_t cell = signal_blocks_take(&t->cells);
    *cell_at(t, cell) = (struct cell){
        .link = link, .of = number, .more = k->more, .called_s = b->called_s, .mark = b->mark};
    k->more = cell;
    return cell | IN_CELL;
}

void signals_bind_to(struct signals *t, uint32_t number, const struct binding *b, uint32_t head) {
    list_add(t, new_link(t, number, b), head);
}

void signals_bind(struct signals *t, uint32_t number, const struct binding *b, int64_t clock_s) {
    uint32_t weakest, head = signals_head(t, b->key);
    const uint32_t alike = signals_alike(t, head, number, b->mark, &weakest, clock_s);
    if (alike >= SUBJECT_SOURCE_SIGNALS) {
        if (is_weaker(t, number, link_signal(t, weakest), clock_s)) return;
        signals_touch(t, link_signal(t, weakest));
        list_remove(t, weakest);
        drop(t, weakest);
        head = signals_head(t, b->key);
    }
    signals_bind_to(t, number, b, head);
}

void signals_unbind(struct signals *t, uint32_t number) {
    struct known *k = known_at(t, number);
    if (k->mark != 0) list_remove(t, number);
    k->mark = 0;
    while (k->more != 0) {
        const uint32_t cell = k->more;
        list_remove(t, cell | IN_CELL);
        k->more = cell_at(t, cell)->more;
        signal_blocks_give(&t->cells, cell);
    }
}
