/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signals_table.h"

#include <stdlib.h>

struct signals *signals_open(const struct signals_options *options, struct error *error) {
    struct signals *t = calloc(1, sizeof *t);
    const uint32_t max = options->max;
    const uint64_t cells = (uint64_t)max * CELLS_A_SIGNAL + LINKS_MAX;
    if (t == NULL || max == 0 || cells >= IN_CELL) goto failed;
    t->max = max;
    t->day = DAYS;
    t->ids = (struct signal_index){.low_of = signals_id_low,
                                   .fetch = signals_id_fetch,
                                   .owner = t,
                                   .most = max,
                                   .full = max / 3 * 4 + 4};
    t->subjects = t->ids;
    t->subjects.most = max + (uint32_t)cells;
    t->subjects.low_of = signals_link_low;
    t->subjects.fetch = signals_link_fetch;
    t->days = calloc(DAYS, sizeof *t->days);
    if (t->days != NULL && signal_blocks_open(&t->known, sizeof(struct known), max) &&
        signal_blocks_open(&t->cells, sizeof(struct cell), (uint32_t)cells))
        return t;
failed:
    signals_close(t);
    error_set(error, ERROR_FAILED, "no memory for %u signals; see signals.max", max);
    return NULL;
}

void signals_close(struct signals *t) {
    if (t == NULL) return;
    signal_blocks_close(&t->known);
    signal_blocks_close(&t->cells);
    signal_index_close(&t->ids);
    signal_index_close(&t->subjects);
    free(t->days);
    signals_save_free(t);
    free(t);
}

uint32_t signals_count(const struct signals *t) {
    return t->known.used;
}

size_t signals_bytes(const struct signals *t) {
    return t->known.committed + t->cells.committed + signal_index_bytes(&t->ids) +
           signal_index_bytes(&t->subjects);
}

bool known_is_withdrawn(const struct known *k) {
    return (k->withdrawn_by & (1u << k->source | 1u << SOURCE_HUB)) != 0;
}

/* Terms. */

void signals_into_day(struct signals *t, uint32_t number, uint32_t day) {
    known_at(t, number)->next = t->days[day];
    t->days[day] = number;
    if (day < t->day) t->day = day;
}

/* Every signal of a list is over, or belongs to a later day by now. */
static void drop_one(struct signals *t, uint32_t day) {
    const uint32_t number = t->days[day];
    const uint32_t later = known_at(t, number)->forget_s / DAY_S;
    signals_touch(t, number);
    t->days[day] = known_at(t, number)->next;
    if (later > day) {
        signals_into_day(t, number, later);
        return;
    }
    signals_unbind(t, number);
    signals_delete(t, number);
}

void signals_drop_ended(struct signals *t, int64_t clock_s) {
    for (int dropped = 0; t->day < DAYS && (t->day + INT64_C(1)) * DAY_S <= clock_s;)
        if (t->days[t->day] == 0)
            t->day++;
        else if (dropped++ < DROPS)
            drop_one(t, t->day);
        else
            return;
}

/* What is over is as if it had never been, whether it was dropped yet or not. */
static void forget_if_over(struct signals *t, uint32_t number, int64_t clock_s) {
    struct known *k = known_at(t, number);
    if (k->forget_s > clock_s) return;
    signals_unbind(t, number);
    k->revision = 0;
    k->withdrawn_by = 0;
}

static void remember(struct known *k, int64_t until_s) {
    if (until_s > k->forget_s) k->forget_s = (uint32_t)until_s;
}

/* The number of the signal of this id, one that is not over, to be changed; 0: none, or a record of
 * it that has nothing in it. */
static uint32_t find_known(struct signals *t, const struct signal_id *id, int64_t clock_s) {
    const uint32_t number = signals_find(t, id);
    if (number == 0) return 0;
    signals_touch(t, number);
    forget_if_over(t, number, clock_s);
    return number;
}

static uint32_t add(struct signals *t, const struct signal_id *id, int64_t until_s) {
    const uint32_t number = signal_blocks_take(&t->known);
    signals_save_skip(t, number);
    signals_new(t, number, id);
    remember(known_at(t, number), until_s);
    signals_into_day(t, number, (uint32_t)(until_s / DAY_S));
    return number;
}

/* Half of what there is stays for everybody else: citizens who report ever more shut nobody out. */
static bool has_left(const struct signal_blocks *blocks, const struct signal *s, uint32_t wanted) {
    const uint32_t kept = signal_is_citizens(s) ? blocks->max / 2 : 0;
    return wanted == 0 || signal_blocks_left(blocks) >= wanted + kept;
}

static bool has_room(const struct signals *t, uint32_t number, const struct signal_id *id,
                     const struct signal *s, uint32_t link_cells) {
    if (number == 0)
        return has_left(&t->known, s, 1) &&
               has_left(&t->cells, s, signal_id_cells(id) + link_cells);
    const uint32_t held = signals_held_cells(t, known_at(t, number));
    return has_left(&t->cells, s, link_cells > held ? link_cells - held : 0);
}

static bool is_blank(const struct signals *t, uint32_t number) {
    return number == 0 ||
           (known_at(t, number)->revision == 0 && known_at(t, number)->withdrawn_by == 0);
}

/* A withdrawal. */

static enum signal_effect withdraw(struct signals *t, const struct signal *s, int64_t clock_s) {
    const struct signal_id id = signal_id_of(s->withdraws_signal_id);
    const int64_t until_s = signal_until_s(s);
    uint32_t number = find_known(t, &id, clock_s);
    if (is_blank(t, number) && until_s <= clock_s) return EFFECT_EXPIRED;
    if (number == 0 && !has_room(t, 0, &id, s, 0)) return EFFECT_FULL;
    if (number == 0) number = add(t, &id, until_s);
    struct known *k = known_at(t, number);
    const bool before = known_is_withdrawn(k), again = (k->withdrawn_by >> s->source & 1) != 0;
    const uint32_t forget_s = k->forget_s;
    k->withdrawn_by |= (uint16_t)(1u << s->source);
    remember(k, until_s);
    if (again && k->forget_s == forget_s) return EFFECT_REPLAYED;
    if (k->revision == 0 || before || !known_is_withdrawn(k)) return EFFECT_REMEMBERED;
    signals_unbind(t, number);
    return EFFECT_WITHDRAWN;
}

/* A signal. */

static void fill(struct known *k, const struct signal *s) {
    k->from_s = (uint32_t)s->valid_from_s;
    k->until_s = (uint32_t)signal_until_s(s);
    k->revision = s->revision;
    k->source = s->source;
    k->kind = s->kind;
    k->confidence = s->confidence;
    k->colour = s->list_colour;
}

/* What becomes of a signal whose id is known, or not. A citizen's report keeps nobody else from
 * using its id. */
static enum signal_effect judge(const struct signals *t, uint32_t number, const struct signal *s,
                                int64_t clock_s) {
    const struct known *k = number == 0 ? NULL : known_at(t, number);
    if (is_blank(t, number)) return signal_until_s(s) <= clock_s ? EFFECT_EXPIRED : EFFECT_ADDED;
    if (k->revision == 0) return EFFECT_ADDED;
    if (known_is_citizens(k) && !signal_is_citizens(s)) return EFFECT_REVISED;
    if (k->revision >= s->revision) return EFFECT_REPLAYED;
    return k->source == s->source || s->source == SOURCE_HUB ? EFFECT_REVISED : EFFECT_STRANGER;
}

static enum signal_effect put(struct signals *t, const struct signal *s, int64_t clock_s) {
    struct binding bindings[LINKS_MAX];
    const struct signal_id id = signal_id_of(s->signal_id);
    uint32_t number = find_known(t, &id, clock_s);
    const enum signal_effect effect = judge(t, number, s, clock_s);
    if (effect != EFFECT_ADDED && effect != EFFECT_REVISED) return effect;
    const uint32_t count = signals_bindings(s, bindings);
    if (!has_room(t, number, &id, s, signals_link_cells(bindings, count))) return EFFECT_FULL;
    if (number == 0) number = add(t, &id, signal_until_s(s));
    signals_unbind(t, number);
    fill(known_at(t, number), s);
    remember(known_at(t, number), signal_until_s(s));
    if (known_is_withdrawn(known_at(t, number))) return EFFECT_WITHDRAWN;
    for (uint32_t i = 0; i < count; i++)
        signals_bind(t, number, &bindings[i], clock_s);
    return effect;
}

/* Memory that is touched for the first time: one piece a signal, as the system takes long to give
 * it, and before more than one is needed. */
static void prepare(struct signals *t) {
    if (!signal_blocks_prepare(&t->known) && !signal_blocks_prepare(&t->cells) &&
        !signal_index_prepare(&t->ids))
        signal_index_prepare(&t->subjects);
}

enum signal_effect signals_apply(struct signals *t, const struct signal *s, int64_t clock_s) {
    prepare(t);
    signal_index_migrate(&t->ids);
    signal_index_migrate(&t->subjects);
    signals_drop_ended(t, clock_s);
    return s->kind == SIGNAL_WITHDRAWAL ? withdraw(t, s, clock_s) : put(t, s, clock_s);
}
