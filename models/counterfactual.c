/* SPDX-License-Identifier: Apache-2.0 */
#include "models/counterfactual.h"

#include "detector/feature_range.h"
#include "detector/feature_table.h"
#include "models/model_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { SINGLES_MAX = COUNTERFACTUALS_MAX - 1 };

/* One value that one feature may be changed to. */
struct candidate {
    int feature;
    double to;
    double size;     /* of the change, see the header */
    double relative; /* the same in proportion to the value */
    double distance; /* from the origin */
    double logit;    /* with the change alone */
};

struct search {
    const struct counterfactual_query *query;
    bool above; /* the present score is at or above the threshold */
    struct candidate *candidates;
    size_t count, room;
    double *rows; /* FEATURE_COUNT columns of COUNTERFACTUAL_ROWS: the present vector, but where a
                     row's change stands */
    double logits[COUNTERFACTUAL_ROWS];
};

static bool crosses(const struct search *s, double logit) {
    return (logit >= s->query->threshold) != s->above;
}

/* The size of a change. */

/* Where the way to other values begins: at the present value, or the median when that is null. */
static double origin_of(const struct counterfactual_query *query, int feature) {
    const double present = query->features[feature];
    if (!isnan(present)) return present;
    const double median = spread_median(query->spread, feature);
    return isnan(median) ? 0 : median;
}

static double size_of(const struct counterfactual_query *query, int feature, double to) {
    if (isnan(to)) return 1;
    const double way = spread_between(query->spread, feature, origin_of(query, feature), to);
    return isnan(query->features[feature]) ? 1 + way : way;
}

/* 1 where one of them is null, 0 or of the other sign. */
static double relative_of(double from, double to) {
    const double both = fabs(from) + fabs(to);
    return both > 0 ? fabs(to - from) / both : 1;
}

/* The order of candidates; within a feature, that of the way out. */
static int compare(const struct candidate *a, const struct candidate *b) {
    if (a->size != b->size) return a->size < b->size ? -1 : 1;
    if (a->relative != b->relative) return a->relative < b->relative ? -1 : 1;
    if (a->feature != b->feature) return a->feature - b->feature;
    return (a->distance > b->distance) - (a->distance < b->distance);
}

static int compare_size(const void *a, const void *b) {
    return compare(a, b);
}

static void measure(const struct search *s, struct candidate *c) {
    const double present = s->query->features[c->feature];
    c->size = size_of(s->query, c->feature, c->to);
    c->relative = relative_of(present, c->to);
    c->distance = fabs(c->to - origin_of(s->query, c->feature));
}

/* Scores. */

static double *cell(const struct search *s, int feature, size_t row) {
    return &s->rows[(size_t)feature * COUNTERFACTUAL_ROWS + row];
}

static void open_rows(struct search *s) {
    s->rows = malloc((size_t)FEATURE_COUNT * COUNTERFACTUAL_ROWS * sizeof *s->rows);
    assert(s->rows != NULL && "out of memory");
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (size_t row = 0; row < COUNTERFACTUAL_ROWS; row++)
            *cell(s, f, row) = s->query->features[f];
}

static void score_rows(struct search *s, size_t rows) {
    score_batch(s->query->score, s->rows, COUNTERFACTUAL_ROWS, (uint32_t)rows, s->logits);
}

static void set_change(struct search *s, size_t row, int feature, double to) {
    *cell(s, feature, row) = to;
}

static void undo_change(struct search *s, size_t row, int feature) {
    *cell(s, feature, row) = s->query->features[feature];
}

static double score_changes(struct search *s, const struct change *change, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        set_change(s, 0, change[i].feature, change[i].to);
    score_rows(s, 1);
    for (uint32_t i = 0; i < count; i++)
        undo_change(s, 0, change[i].feature);
    return s->logits[0];
}

static void score_candidates(struct search *s, size_t first) {
    for (size_t at = first; at < s->count; at += COUNTERFACTUAL_ROWS) {
        struct candidate *c = &s->candidates[at];
        const size_t left = s->count - at;
        const size_t rows = left < COUNTERFACTUAL_ROWS ? left : COUNTERFACTUAL_ROWS;
        for (size_t i = 0; i < rows; i++)
            set_change(s, i, c[i].feature, c[i].to);
        score_rows(s, rows);
        for (size_t i = 0; i < rows; i++) {
            c[i].logit = s->logits[i];
            undo_change(s, i, c[i].feature);
        }
    }
}

/* The candidates of one feature. */

static void add_candidate(struct search *s, int feature, double to) {
    if (s->count == s->room) {
        s->room = s->room == 0 ? 256 : 2 * s->room;
        s->candidates = realloc(s->candidates, s->room * sizeof *s->candidates);
        assert(s->candidates != NULL && "out of memory");
    }
    struct candidate *c = &s->candidates[s->count++];
    *c = (struct candidate){.feature = feature, .to = to};
    measure(s, c);
}

/* The values that reference rows reach, as numbers of the feature's grid; none: low above high. */
struct reach {
    int64_t low, high;
};

static struct reach reach_of(const struct search *s, int feature) {
    const struct feature_range range = feature_range(feature);
    const double low = spread_low(s->query->spread, feature);
    const double high = spread_high(s->query->spread, feature);
    if (isnan(low)) return (struct reach){1, 0};
    const int64_t first = feature_range_index(&range, fmin(fmax(low, range.low), range.high));
    return (struct reach){feature_range_value(&range, first) > low ? first - 1 : first,
                          feature_range_index(&range, fmax(fmin(high, range.high), range.low))};
}

static void add_within(struct search *s, int feature, int64_t index) {
    const struct feature_range range = feature_range(feature);
    const struct reach reach = reach_of(s, feature);
    const double to = feature_range_value(&range, index);
    if (index >= reach.low && index <= reach.high && to >= range.low && to <= range.high &&
        to != s->query->features[feature])
        add_candidate(s, feature, to);
}

/* Nearest to the knot on either side; on the far one alone when nothing changes on the way there.
 */
static void add_knot(struct search *s, int feature, double knot, bool sloped) {
    const struct feature_range range = feature_range(feature);
    const double origin = origin_of(s->query, feature);
    if (knot < range.low || knot > range.high) return;
    const int64_t index = feature_range_index(&range, knot);
    if (sloped || knot <= origin) add_within(s, feature, index - 1);
    if (sloped || knot > origin) add_within(s, feature, index);
}

struct feature_use {
    bool used, sloped;
};

static const struct basis_part *part_on(const struct model *model, uint32_t term, uint32_t part,
                                        int feature) {
    const struct basis_term *basis = &model->terms[term].basis;
    const bool is = part < basis->part_count && basis->part[part].feature == feature;
    return is ? &basis->part[part] : NULL;
}

static struct feature_use use_of(const struct model *model, int feature) {
    struct feature_use use = {false, false};
    for (uint32_t i = 0; i < 2 * model->term_count; i++) {
        const struct basis_part *part = part_on(model, i / 2, i % 2, feature);
        if (part == NULL) continue;
        use.used = true;
        use.sloped |= part->shape == BASIS_linear || part->shape == BASIS_hinge;
    }
    return use;
}

static void add_knots(struct search *s, int feature, bool sloped) {
    const struct model *model = s->query->model;
    for (uint32_t i = 0; i < 2 * model->term_count; i++) {
        const struct basis_part *part = part_on(model, i / 2, i % 2, feature);
        if (part != NULL && (part->shape == BASIS_hinge || part->shape == BASIS_step))
            add_knot(s, feature, part->knot, sloped);
    }
}

static void add_ends(struct search *s, int feature) {
    const struct reach reach = reach_of(s, feature);
    add_within(s, feature, reach.low);
    add_within(s, feature, reach.high);
}

static int compare_to(const void *x, const void *y) {
    const struct candidate *a = x, *b = y;
    return (a->to > b->to) - (a->to < b->to);
}

/* Ascending, each once. */
static void put_in_order(struct search *s, size_t first) {
    struct candidate *c = s->candidates;
    if (s->count == first) return;
    qsort(&c[first], s->count - first, sizeof *c, compare_to);
    size_t kept = first + 1;
    for (size_t i = first + 1; i < s->count; i++)
        if (c[i].to != c[kept - 1].to) c[kept++] = c[i];
    s->count = kept;
}

static void add_feature(struct search *s, int feature) {
    const size_t first = s->count;
    const struct feature_use use = use_of(s->query->model, feature);
    if (!use.used) return;
    add_knots(s, feature, use.sloped);
    if (use.sloped) add_ends(s, feature);
    if (isnan(s->query->features[feature]))
        add_knot(s, feature, origin_of(s->query, feature), true);
    put_in_order(s, first);
    if (feature_range(feature).may_be_null && !isnan(s->query->features[feature]))
        add_candidate(s, feature, NAN);
    score_candidates(s, first);
}

/* Drawing back. */

/* Brings change number `which` as near to the origin as the threshold allows. Between two knots a
 * score goes one way, and no nearer candidate crosses: so one crossing lies on the way. */
static void draw_back(struct search *s, struct counterfactual *c, uint32_t which) {
    struct change *change = &c->change[which];
    if (isnan(change->to)) return;
    const struct feature_range range = feature_range(change->feature);
    const double origin = origin_of(s->query, change->feature);
    int64_t across = feature_range_index(&range, change->to);
    int64_t before = feature_range_index(&range, origin);
    if (change->to > origin && feature_range_value(&range, before) > origin) before--;
    while (llabs(across - before) > 1) {
        const int64_t middle = before + (across - before) / 2;
        change->to = feature_range_value(&range, middle);
        *(crosses(s, score_changes(s, c->change, c->count)) ? &across : &before) = middle;
    }
    change->to = feature_range_value(&range, across);
}

static void finish(struct search *s, struct counterfactual *c) {
    c->logit = score_changes(s, c->change, c->count);
    assert(crosses(s, c->logit));
    c->size = 0;
    for (uint32_t i = 0; i < c->count; i++)
        c->size += size_of(s->query, c->change[i].feature, c->change[i].to);
}

/* One feature. */

/* The crossing that comes first on the way out to one side: `way` 1 up, -1 down, 0 to null or from
 * it. */
static bool first_crossing(struct search *s, size_t begin, size_t end, int way,
                           struct candidate *out) {
    const struct candidate *best = NULL;
    for (size_t i = begin; i < end; i++) {
        const struct candidate *c = &s->candidates[i];
        const double origin = origin_of(s->query, c->feature);
        const int its_way = (c->to > origin) - (c->to < origin);
        if (its_way == way && crosses(s, c->logit) && (best == NULL || compare(c, best) < 0))
            best = c;
    }
    if (best != NULL) *out = *best;
    return best != NULL;
}

static struct counterfactual single_of(struct search *s, struct candidate *c) {
    struct counterfactual found = {.count = 1, .change = {{c->feature, c->to}}};
    draw_back(s, &found, 0);
    finish(s, &found);
    c->to = found.change[0].to;
    measure(s, c);
    return found;
}

/* The `count` smallest so far, as candidates and as answers. */
struct singles {
    struct candidate order[SINGLES_MAX];
    struct counterfactual *out;
    uint32_t count;
};

static void keep(struct singles *singles, const struct candidate *c,
                 const struct counterfactual *found) {
    uint32_t at = singles->count;
    while (at > 0 && compare(c, &singles->order[at - 1]) < 0)
        at--;
    if (at == SINGLES_MAX) return;
    if (singles->count < SINGLES_MAX) singles->count++;
    for (uint32_t i = singles->count - 1; i > at; i--) {
        singles->order[i] = singles->order[i - 1];
        singles->out[i] = singles->out[i - 1];
    }
    singles->order[at] = *c;
    singles->out[at] = *found;
}

/* Of the candidates from `begin` on, which are of one feature, the best of all ways. */
static void take_single(struct search *s, size_t begin, struct singles *singles) {
    struct candidate best = {0}, c;
    struct counterfactual found = {0};
    for (int way = -1; way <= 1; way++) {
        if (!first_crossing(s, begin, s->count, way, &c)) continue;
        const struct counterfactual other = single_of(s, &c);
        if (found.count > 0 && compare(&c, &best) > 0) continue;
        best = c;
        found = other;
    }
    if (found.count > 0) keep(singles, &best, &found);
}

/* Two features. */

struct pairs {
    struct search *search;
    size_t first[COUNTERFACTUAL_ROWS], second[COUNTERFACTUAL_ROWS]; /* those not scored yet */
    size_t waiting;
    double size; /* of the best so far, which is of one feature until `found` */
    bool found;
    size_t best[COUNTERFACTUAL_CHANGES];
};

static void score_pairs(struct pairs *p) {
    struct search *s = p->search;
    const struct candidate *c = s->candidates;
    for (size_t i = 0; i < p->waiting; i++) {
        set_change(s, i, c[p->first[i]].feature, c[p->first[i]].to);
        set_change(s, i, c[p->second[i]].feature, c[p->second[i]].to);
    }
    score_rows(s, p->waiting);
    for (size_t i = 0; i < p->waiting; i++) {
        const struct candidate *a = &c[p->first[i]], *b = &c[p->second[i]];
        undo_change(s, i, a->feature);
        undo_change(s, i, b->feature);
        if (!crosses(s, s->logits[i]) || a->size + b->size >= p->size) continue;
        p->size = a->size + b->size;
        p->found = true;
        p->best[0] = p->first[i];
        p->best[1] = p->second[i];
    }
    p->waiting = 0;
}

static void add_pair(struct pairs *p, size_t a, size_t b) {
    if (p->search->candidates[a].feature == p->search->candidates[b].feature) return;
    p->first[p->waiting] = a;
    p->second[p->waiting++] = b;
    if (p->waiting == COUNTERFACTUAL_ROWS) score_pairs(p);
}

/* Candidates come by size, so the rest of a row of pairs is too large once one is. */
static void try_pairs(struct pairs *p) {
    const struct search *s = p->search;
    const struct candidate *c = s->candidates;
    for (size_t a = 0; a + 1 < s->count && c[a].size + c[a + 1].size < p->size; a++)
        for (size_t b = a + 1; b < s->count && c[a].size + c[b].size < p->size; b++)
            add_pair(p, a, b);
    if (p->waiting > 0) score_pairs(p);
}

static bool find_pair(struct search *s, double size, struct counterfactual *out) {
    struct pairs pairs = {.search = s, .size = size};
    if (s->count < 2) return false;
    qsort(s->candidates, s->count, sizeof *s->candidates, compare_size);
    try_pairs(&pairs);
    if (!pairs.found) return false;
    const struct candidate *a = &s->candidates[pairs.best[0]], *b = &s->candidates[pairs.best[1]];
    *out =
        (struct counterfactual){.count = 2, .change = {{a->feature, a->to}, {b->feature, b->to}}};
    draw_back(s, out, 0);
    draw_back(s, out, 1);
    finish(s, out);
    return true;
}

uint32_t counterfactual_find(const struct counterfactual_query *query,
                             struct counterfactual out[COUNTERFACTUALS_MAX]) {
    struct search s = {.query = query};
    struct singles singles = {.out = out};
    open_rows(&s);
    s.above = score_changes(&s, NULL, 0) >= query->threshold;
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const size_t begin = s.count;
        add_feature(&s, f);
        take_single(&s, begin, &singles);
    }
    const double size = singles.count > 0 ? out[0].size : INFINITY;
    const bool pair = find_pair(&s, size, &out[singles.count]);
    free(s.rows);
    free(s.candidates);
    return singles.count + pair;
}
