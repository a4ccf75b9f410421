/* SPDX-License-Identifier: Apache-2.0 */
/* What the scored sides of a log must be: rows on stdin, in the order the engine says it took them;
 * sides on stdout. The slow twin's features, and the model read anew in a few lines. Shares no code
 * with the engine: its link map shows nothing of detector/, models/ or schemas/ (a test looks).
 * What follows from the sides (episodes, caps, expiry, the chain) is oracle.py's part.
 *
 *   oracle MODEL.json DORMANCY_DAYS LEAST_LOGIT < rows > sides
 *
 * A row: tab-separated fields in the order of read_row; an empty one is null. A side: the row's
 * number, P or E (payer, payee), account number, logit (hexadecimal), unspent P2P money, the same
 * of wages and benefits, the time of the latest P2P credit that did not go back whole, and the
 * features (hexadecimal, nan: null). Sides below LEAST_LOGIT are left out, except of reversals. Of
 * a row that is a duplicate there are none, but a line with its number and D. */
#include "tests/naive_features.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 20, TERMS_MAX = 1024 };

static const char *const feature_names[] = {
#define X(name) #name,
    FEATURE_IDS(X)
#undef X
};

struct part {
    const char *type, *transform;
    int feature;
    bool above;
    double knot, low, high;
};

struct term {
    struct part parts[2];
    int count;
    double weight;
};

struct scorer {
    json_t *document;
    double intercept;
    struct term terms[TERMS_MAX];
    int count;
};

static void fail(const char *what, const char *which) {
    fprintf(stderr, "oracle: %s: %s\n", what, which);
    exit(1);
}

/* The model. */

static int feature_of(const char *name) {
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (strcmp(feature_names[f], name) == 0) return f;
    fail("no such feature", name);
    return -1;
}

static const char *string_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static struct part part_of(const struct scorer *s, const json_t *object) {
    const char *feature = string_of(object, "feature");
    const json_t *transform = json_object_get(json_object_get(s->document, "transforms"), feature);
    const json_t *clip = json_object_get(transform, "clip");
    struct part part = {
        .type = string_of(object, "type"),
        .transform = clip != NULL        ? "clip"
                     : transform == NULL ? ""
                                         : json_string_value(transform),
        .feature = feature_of(feature),
        .above = strcmp(string_of(object, "side"), "above") == 0,
        .knot = json_number_value(json_object_get(object, "knot")),
        .low = json_number_value(json_array_get(clip, 0)),
        .high = json_number_value(json_array_get(clip, 1)),
    };
    return part;
}

static struct term term_of(const struct scorer *s, const json_t *object) {
    const json_t *both = json_object_get(object, "terms");
    struct term term = {.weight = json_number_value(json_object_get(object, "weight")),
                        .count = both == NULL ? 1 : 2};
    for (size_t i = 0; i < (size_t)term.count; i++)
        term.parts[i] = part_of(s, both == NULL ? object : json_array_get(both, i));
    return term;
}

static void read_model(struct scorer *s, const char *path) {
    json_error_t why;
    size_t i;
    json_t *object;
    s->document = json_load_file(path, 0, &why);
    if (s->document == NULL) fail(path, why.text);
    s->intercept = json_number_value(json_object_get(s->document, "intercept"));
    json_array_foreach(json_object_get(s->document, "terms"), i, object) {
        if (i == TERMS_MAX) fail(path, "too many terms");
        s->terms[s->count++] = term_of(s, object);
    }
}

/* The nearest multiple of 2^-16, held within 32. */
static double on_grid(double x) {
    return rint((x > 32 ? 32 : x < -32 ? -32 : x) * 65536) / 65536;
}

static double transformed(const struct part *p, double x) {
    if (strcmp(p->transform, "log1p") == 0) return x > 0 ? (double)log1pl((long double)x) : 0;
    if (strcmp(p->transform, "clip") == 0) return x < p->low ? p->low : x > p->high ? p->high : x;
    return x;
}

static double value_of(const struct part *p, double x) {
    if (strcmp(p->type, "null") == 0) return isnan(x) ? 1 : 0;
    if (isnan(x)) return 0;
    if (strcmp(p->type, "linear") == 0) return on_grid(transformed(p, x));
    if (strcmp(p->type, "step") == 0) return (p->above ? x >= p->knot : x < p->knot) ? 1 : 0;
    if (strcmp(p->type, "hinge") != 0) fail("no such type of term", p->type);
    if (p->above ? x <= p->knot : x >= p->knot) return 0;
    const double beyond = transformed(p, x) - transformed(p, p->knot);
    return on_grid(p->above ? beyond : -beyond);
}

static double logit_of(const struct scorer *s, const double *features) {
    double sum = s->intercept;
    for (int i = 0; i < s->count; i++) {
        const struct term *t = &s->terms[i];
        double value = value_of(&t->parts[0], features[t->parts[0].feature]);
        if (t->count == 2)
            value = on_grid(value * value_of(&t->parts[1], features[t->parts[1].feature]));
        sum += t->weight * value;
    }
    return sum;
}

/* Rows. */

static int64_t number(const char *field) {
    char *end;
    errno = 0;
    const long long value = strtoll(field, &end, 10);
    if (errno != 0 || *end != '\0' || end == field) fail("not a number", field);
    return value;
}

static struct text text(const char *field) {
    return *field == '\0' ? (struct text){NULL, 0} : (struct text){field, (uint32_t)strlen(field)};
}

static uint8_t tristate(const char *field) {
    return *field == '\0' ? TRISTATE_NULL : *field == '1' ? TRISTATE_TRUE : TRISTATE_FALSE;
}

static struct party read_party(char *const field[5]) {
    struct party p = {.account_token = text(field[0]), .phone_owner_mismatch = tristate(field[4])};
    p.balance_after_present = *field[1] != '\0';
    p.account_opened_on_present = *field[2] != '\0';
    p.credential_changed_at_present = *field[3] != '\0';
    if (p.balance_after_present) p.balance_after_minor = number(field[1]);
    if (p.account_opened_on_present) p.account_opened_on_day = (int32_t)number(field[2]);
    if (p.credential_changed_at_present) p.credential_changed_at_s = number(field[3]);
    return p;
}

static uint8_t place_of(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return (uint8_t)i;
    return 0;
}

#define NAME(name) #name,
#define PLACE_OF(field, TABLE)                                                                     \
    place_of(field, (const char *const[]){TABLE(NAME)},                                            \
             sizeof((const char *const[]){TABLE(NAME)}) / sizeof(char *))

static struct transaction read_row(char *const field[FIELDS], int64_t *clock_s) {
    *clock_s = number(field[0]);
    return (struct transaction){
        .tx_id = text(field[1]),
        .event_time_s = number(field[2]),
        .amount_tiyn = number(field[3]),
        .tx_status = PLACE_OF(field[4], TX_STATUS_TABLE),
        .event_type = PLACE_OF(field[5], EVENT_TYPE_TABLE),
        .country_to = text(field[6]),
        .payee_alias_type = PLACE_OF(field[7], ALIAS_TYPE_TABLE),
        .active_call = tristate(field[8]),
        .remote_access = tristate(field[9]),
        .payer = read_party(field + 10),
        .payee = read_party(field + 15),
    };
}

static void split(char *line, char *field[FIELDS]) {
    int count = 0;
    for (char *at = line; count < FIELDS; count++) {
        field[count] = at;
        char *end = strpbrk(at, "\t\n");
        if (end == NULL || (*end == '\n') != (count == FIELDS - 1)) fail("a row is cut", line);
        *end = '\0';
        at = end + 1;
    }
}

static void show(long row, const struct naive_side *side, double logit) {
    printf("%ld\t%c\t%u\t%a\t%lld\t%lld\t%lld", row, side->payee ? 'E' : 'P', side->account_number,
           logit, (long long)side->unspent_p2p, (long long)side->unspent_protected,
           (long long)side->unreturned_s);
    for (int f = 0; f < FEATURE_COUNT; f++)
        printf("\t%a", side->features[f]);
    putchar('\n');
}

int main(int argc, char **argv) {
    static struct scorer scorer;
    static char line[1 << 14];
    char *field[FIELDS];
    struct naive_side sides[2];
    if (argc != 4) fail("usage", "oracle MODEL.json DORMANCY_DAYS LEAST_LOGIT");
    read_model(&scorer, argv[1]);
    struct naive *naive = naive_new(NAIVE_none, 86400 * number(argv[2]));
    const double least = strtod(argv[3], NULL);
    for (long row = 0; fgets(line, sizeof line, stdin) != NULL; row++) {
        int64_t clock_s = 0;
        split(line, field);
        const struct transaction tx = read_row(field, &clock_s);
        const unsigned count = naive_take(naive, &tx, clock_s, NULL, sides);
        if (naive_has_moved(naive)) printf("%ld\tM\n", row);
        if (count == 0) printf("%ld\tD\n", row);
        for (unsigned i = 0; i < count; i++) {
            const double logit = logit_of(&scorer, sides[i].features);
            if (logit >= least || tx.tx_status == TX_STATUS_REVERSED) show(row, &sides[i], logit);
        }
    }
    naive_free(naive);
    json_decref(scorer.document);
    return fflush(stdout) == 0 ? 0 : 1;
}
