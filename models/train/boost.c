/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/boost.h"

#include "models/exact_math.h"
#include "models/train/two_threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 0.1
#define RIDGE 1.0
enum {
    NODES = 2,
    BINS = 256,
    SHARE = 2, /* one feature in so many is looked at in a round */
    LOOKS = 2  /* threads */
};
/* Where a row fell at the first split; NULL_LEAF goes no further. */
enum { BELOW, ABOVE, NULL_LEAF };

struct sums {
    double g, h, w; /* of gradients, curvatures, weights */
};

struct split {
    double gain; /* 0: none */
    int feature;
    uint8_t edge;
    double value[3]; /* of its leaves */
};

struct boost;

/* A thread's share of the features, and the best splits among them. */
struct look {
    const struct boost *boost;
    bool first;
    int features, feature[FEATURE_COUNT]; /* rising */
    struct sums histogram[NODES][BINS];
    struct split best[NODES];
};

struct boost {
    const struct binned *binned;
    const struct boost_options *options;
    double *margin, *g, *h;
    uint8_t *node; /* BELOW, ABOVE, NULL_LEAF of the first split */
    struct look look[LOOKS];
    struct split best[NODES];
    uint64_t random;
    struct train_term *terms;
    uint32_t count;
};

static uint64_t next_random(struct boost *b) {
    uint64_t z = (b->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Gradients. */

static double start_margin(const struct binned *binned) {
    double weight[2] = {0, 0};
    for (size_t i = 0; i < binned->count; i++)
        weight[binned->bad[i]] += binned->weight[i];
    return weight[0] > 0 && weight[1] > 0 ? exact_log(weight[1] / weight[0]) : NAN;
}

static void gradients(struct boost *b) {
    const struct binned *rows = b->binned;
    for (size_t i = 0; i < rows->count; i++) {
        const double p = 1 / (1 + exact_exp(-b->margin[i]));
        b->g[i] = rows->weight[i] * (p - rows->bad[i]);
        b->h[i] = rows->weight[i] * p * (1 - p);
    }
}

/* One split. */

static void fill(struct look *look, int feature) {
    const struct boost *b = look->boost;
    const uint8_t *bin = b->binned->bin[feature];
    memset(look->histogram, 0, sizeof look->histogram);
    for (size_t i = 0; i < b->binned->count; i++) {
        const int node = look->first ? 0 : b->node[i];
        if (node == NULL_LEAF) continue;
        struct sums *s = &look->histogram[node][bin[i]];
        s->g += b->g[i];
        s->h += b->h[i];
        s->w += b->binned->weight[i];
    }
}

static struct sums added(struct sums a, struct sums b) {
    return (struct sums){a.g + b.g, a.h + b.h, a.w + b.w};
}

static double worth(struct sums s) {
    return s.g * s.g / (s.h + RIDGE);
}

static double leaf_value(struct sums s) {
    return -RATE * s.g / (s.h + RIDGE);
}

static bool in_order(const struct boost *b, int feature, struct sums below, struct sums above) {
    const enum feature_direction direction = feature_table[feature].direction;
    if (!b->options->monotone || direction == FEATURE_EITHER) return true;
    return (direction == FEATURE_RISES) == (leaf_value(above) >= leaf_value(below));
}

static void consider(struct look *look, int node, int feature) {
    const struct boost *b = look->boost;
    const struct sums *bin = look->histogram[node];
    struct sums below = {0}, above = {0}, all;
    int last = 0;
    for (int i = 1; i < BINS; i++) {
        above = added(above, bin[i]);
        if (bin[i].w > 0) last = i;
    }
    all = added(above, bin[0]);
    for (int i = 1; i < last; i++) {
        below = added(below, bin[i]);
        above = (struct sums){above.g - bin[i].g, above.h - bin[i].h, above.w - bin[i].w};
        if (bin[i].w == 0 || below.w < b->options->support || above.w < b->options->support)
            continue;
        const double gain = worth(below) + worth(above) + worth(bin[0]) - worth(all);
        if (gain <= look->best[node].gain || !in_order(b, feature, below, above)) continue;
        look->best[node] =
            (struct split){gain,
                           feature,
                           (uint8_t)(i - 1),
                           {leaf_value(below), leaf_value(above), leaf_value(bin[0])}};
    }
}

static void *run_look(void *context) {
    struct look *look = context;
    memset(look->best, 0, sizeof look->best);
    for (int i = 0; i < look->features; i++) {
        fill(look, look->feature[i]);
        for (int node = 0; node < (look->first ? 1 : NODES); node++)
            consider(look, node, look->feature[i]);
    }
    return NULL;
}

/* Of features that others report another pass is made: they take no draw of the others', so that
 * these give the same model whatever is reported. */
static void share_out(struct boost *b, bool first) {
    int next = 0;
    for (int t = 0; t < LOOKS; t++) {
        b->look[t].boost = b;
        b->look[t].first = first;
        b->look[t].features = 0;
    }
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const bool reported = f >= FEATURE_REPORTED_FIRST;
        if (reported != b->options->reported || next_random(b) % SHARE != 0) continue;
        struct look *look = &b->look[next++ % LOOKS];
        look->feature[look->features++] = f;
    }
}

/* Of equal gains the first feature's, as if one thread had looked at all of them. */
static void take_better(struct split *best, const struct split *other) {
    const bool better =
        other->gain > best->gain || (other->gain == best->gain && other->feature < best->feature);
    if (other->gain > 0 && better) *best = *other;
}

static void find_splits(struct boost *b, bool first) {
    share_out(b, first);
    two_threads(run_look, &b->look[0], &b->look[1]);
    memset(b->best, 0, sizeof b->best);
    for (int t = 0; t < LOOKS; t++)
        for (int node = 0; node < NODES; node++)
            take_better(&b->best[node], &b->look[t].best[node]);
}

/* Which leaf of the split the row falls into. */
static int leaf_of(const struct boost *b, const struct split *split, size_t i) {
    const uint8_t bin = b->binned->bin[split->feature][i];
    return bin == 0 ? NULL_LEAF : bin >= split->edge + 2 ? ABOVE : BELOW;
}

/* Terms of leaves. */

static bool is_known(const struct boost *b, const struct train_term *term) {
    for (uint32_t i = 0; i < b->count; i++)
        if (term_equal(&b->terms[i], term)) return true;
    return false;
}

static void add(struct boost *b, const struct literal *parts, uint8_t count) {
    if (count == 0) return;
    struct train_term term = term_of(parts, count);
    if (!term_sign(&term, &term.sign) && b->options->monotone) {
        add(b, parts, 1);
        return;
    }
    if (!b->options->monotone) term.sign = 0;
    if (b->count < b->options->terms_max && !is_known(b, &term)) b->terms[b->count++] = term;
}

/* Nobody is the better for not having been reported: with signs, such a part is left out. */
static void add_present(struct boost *b, const struct literal *parts, uint8_t count) {
    struct literal present[2];
    uint8_t left = 0;
    for (uint8_t i = 0; i < count; i++)
        if (!b->options->monotone || !literal_is_absence(&parts[i])) present[left++] = parts[i];
    add(b, present, left);
}

static struct literal literal_of(const struct split *split, int leaf) {
    static const uint8_t kinds[] = {LITERAL_BELOW, LITERAL_ABOVE, LITERAL_NULL};
    return (struct literal){(int16_t)split->feature, kinds[leaf], split->edge};
}

static bool has_nulls(const struct boost *b, const struct split *split) {
    return split->value[NULL_LEAF] != 0 &&
           memchr(b->binned->bin[split->feature], 0, b->binned->count);
}

static void add_leaves(struct boost *b, const struct split *root) {
    if (has_nulls(b, root)) {
        struct literal null = literal_of(root, NULL_LEAF);
        null.edge = 0;
        add_present(b, &null, 1);
    }
    for (int node = 0; node < NODES; node++) {
        struct literal parts[2] = {literal_of(root, node)};
        const struct split *second = &b->best[node];
        if (second->gain == 0) add_present(b, parts, 1);
        for (int leaf = 0; leaf < 3 && second->gain > 0; leaf++) {
            parts[1] = literal_of(second, leaf);
            if (leaf == NULL_LEAF) {
                if (!has_nulls(b, second)) continue;
                parts[1].edge = 0;
            }
            add_present(b, parts, 2);
        }
    }
}

static void move(struct boost *b, const struct split *root) {
    for (size_t i = 0; i < b->binned->count; i++) {
        const int node = b->node[i];
        const struct split *second = node == NULL_LEAF ? root : &b->best[node];
        b->margin[i] +=
            second->gain == 0 ? root->value[node] : second->value[leaf_of(b, second, i)];
    }
}

/* Nothing happens when the features that are looked at tell nothing. */
static void round_of(struct boost *b) {
    gradients(b);
    find_splits(b, true);
    const struct split root = b->best[0];
    if (root.gain == 0) return;
    for (size_t i = 0; i < b->binned->count; i++)
        b->node[i] = (uint8_t)leaf_of(b, &root, i);
    find_splits(b, false);
    add_leaves(b, &root);
    move(b, &root);
}

static bool allocate(struct boost *b) {
    const size_t n = b->binned->count;
    b->margin = calloc(n + 1, sizeof *b->margin);
    b->g = calloc(n + 1, sizeof *b->g);
    b->h = calloc(n + 1, sizeof *b->h);
    b->node = calloc(n + 1, 1);
    return b->margin != NULL && b->g != NULL && b->h != NULL && b->node != NULL;
}

static void run_rounds(struct boost *b, double start) {
    const double *known = b->options->known;
    /* Also when rounds bring nothing new. */
    const uint32_t rounds_max = b->options->terms_max + 64;
    for (size_t i = 0; i < b->binned->count; i++)
        b->margin[i] = known == NULL ? start : known[i];
    for (uint32_t i = 0; i < rounds_max && b->count < b->options->terms_max; i++) {
        if (train_stopped(b->options->progress)) return;
        round_of(b);
        train_tell(b->options->progress, b->options->stage, b->count, b->options->terms_max);
    }
}

bool boost_propose(const struct binned *binned, const struct boost_options *options,
                   struct train_term *terms, uint32_t *count) {
    struct boost *b = calloc(1, sizeof *b);
    const double start = start_margin(binned);
    *count = 0;
    if (b == NULL) return false;
    b->binned = binned;
    b->options = options;
    b->random = options->seed;
    b->terms = terms;
    const bool room = allocate(b);
    if (room && !isnan(start)) run_rounds(b, start);
    *count = b->count;
    free(b->margin);
    free(b->g);
    free(b->h);
    free(b->node);
    free(b);
    return room;
}
