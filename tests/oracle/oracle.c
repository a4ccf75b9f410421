/* SPDX-License-Identifier: Apache-2.0 */
/* What the scored sides of a log must be: rows on stdin, in the order the engine says it took them;
 * sides on stdout. The slow twins' features, table of signals and traced money, and the model read
 * anew in a few lines. Shares no code with the engine: its link map shows nothing of detector/,
 * models/ or schemas/ (a test looks). What follows from the sides (episodes, caps, expiry, the
 * chain) is oracle.py's part.
 *
 *   oracle MODEL.json DORMANCY_DAYS LEAST_LOGIT < rows > sides
 *
 * A row: T or S (transaction, signal) and tab-separated fields in the order of read_transaction or
 * read_signal; an empty one is null. A side: the row's number, P or E (payer, payee), account
 * number, logit (hexadecimal), the same without reported features, money at risk (of P2P credits or
 * traced, whichever is more), the traced alone, unspent wages and benefits, the time of the latest
 * P2P credit that did not go back whole, the signals that speak of the party or its money (a comma
 * behind each), those of them that are no citizens' reports, those that speak of its money, and
 * the features (hexadecimal, nan: null). Sides below LEAST_LOGIT are left out, except of reversals
 * and where there is traced money. Of a row that is a duplicate there are none, but a line with its
 * number and D; of a signal its number, S, what became of it, and 1 where it is a revision that
 * names a transfer that it named before. */
#include "tests/naive_known.h"
#include "tests/naive_tracing.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TRANSACTION_FIELDS = 27,
    SIGNAL_FIELDS = 17, /* and the transactions, and three a subject */
    FIELDS_MAX = SIGNAL_FIELDS + SIGNAL_TX_IDS_MAX + 3 * SIGNAL_SUBJECTS_MAX,
    TERMS_MAX = 1024,
};

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

static bool is_reported(const struct term *t) {
    return t->parts[0].feature >= FEATURE_REPORTED_FIRST ||
           (t->count == 2 && t->parts[1].feature >= FEATURE_REPORTED_FIRST);
}

/* Of all terms, or of those that read no reported feature. */
static double logit_of(const struct scorer *s, const double *features, bool reported) {
    double sum = s->intercept;
    for (int i = 0; i < s->count; i++) {
        const struct term *t = &s->terms[i];
        if (!reported && is_reported(t)) continue;
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

static struct party read_party(char *const field[7]) {
    struct party p = {.account_token = text(field[0]),
                      .person_token = text(field[1]),
                      .phone_token = text(field[2]),
                      .phone_owner_mismatch = tristate(field[6])};
    p.balance_after_present = *field[3] != '\0';
    p.account_opened_on_present = *field[4] != '\0';
    p.credential_changed_at_present = *field[5] != '\0';
    if (p.balance_after_present) p.balance_after_minor = number(field[3]);
    if (p.account_opened_on_present) p.account_opened_on_day = (int32_t)number(field[4]);
    if (p.credential_changed_at_present) p.credential_changed_at_s = number(field[5]);
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

/* Of either kind, the second field is the place in the log, the third the engine clock. */
static struct transaction read_transaction(char *const field[TRANSACTION_FIELDS]) {
    return (struct transaction){
        .tx_id = text(field[3]),
        .event_time_s = number(field[4]),
        .amount_tiyn = number(field[5]),
        .tx_status = PLACE_OF(field[6], TX_STATUS_TABLE),
        .event_type = PLACE_OF(field[7], EVENT_TYPE_TABLE),
        .country_to = text(field[8]),
        .payee_alias_type = PLACE_OF(field[9], ALIAS_TYPE_TABLE),
        .active_call = tristate(field[10]),
        .remote_access = tristate(field[11]),
        .device_token = text(field[12]),
        .payer = read_party(field + 13),
        .payee = read_party(field + 20),
    };
}

static void read_subjects(struct signal *s, char *const *field) {
    for (uint32_t i = 0; i < s->subject_count; i++, field += 3)
        s->subjects[i] = (struct signal_subject){
            .type = PLACE_OF(field[0], SUBJECT_TYPE_TABLE),
            .role = PLACE_OF(field[1], SUBJECT_ROLE_TABLE),
            .token = text(field[2]),
        };
}

/* What the table of signals keeps of one, and by what it names transfers. */
static struct signal read_signal(char *const *field, int count) {
    if (count < SIGNAL_FIELDS) fail("a row is cut", field[0]);
    struct signal s = {
        .signal_id = text(field[3]),
        .revision = (int32_t)number(field[4]),
        .kind = PLACE_OF(field[5], SIGNAL_KIND_TABLE),
        .source = PLACE_OF(field[6], SIGNAL_SOURCE_TABLE),
        .confidence = PLACE_OF(field[7], CONFIDENCE_TABLE),
        .list_colour = *field[8] == '\0' ? COLOUR_NULL : PLACE_OF(field[8], LIST_COLOUR_TABLE),
        .outcome_result = PLACE_OF(field[9], OUTCOME_RESULT_TABLE),
        .valid_from_s = number(field[10]),
        .valid_until_present = *field[11] != '\0',
        .occurred_at_present = *field[12] != '\0',
        .amount_present = *field[13] != '\0',
        .called_phone_token = text(field[14]),
        .withdraws_signal_id = text(field[15]),
        .tx_id_count = (uint32_t)number(field[16]),
    };
    const int subjects = count - SIGNAL_FIELDS - (int)s.tx_id_count;
    if (subjects < 0 || subjects % 3 != 0) fail("a row is cut", field[0]);
    s.subject_count = (uint32_t)subjects / 3;
    if (s.valid_until_present) s.valid_until_s = number(field[11]);
    if (s.occurred_at_present) s.occurred_at_s = number(field[12]);
    if (s.amount_present) s.amount_kzt_minor = number(field[13]);
    for (uint32_t i = 0; i < s.tx_id_count; i++)
        s.related_tx_ids[i] = text(field[SIGNAL_FIELDS + i]);
    read_subjects(&s, field + SIGNAL_FIELDS + s.tx_id_count);
    return s;
}

/* Returns how many fields there are. */
static int split(char *line, char *field[FIELDS_MAX]) {
    for (int count = 0; count < FIELDS_MAX; count++) {
        char *end = strpbrk(line, "\t\n");
        if (end == NULL) break;
        const bool last = *end == '\n';
        *end = '\0';
        field[count] = line;
        line = end + 1;
        if (last) return count + 1;
    }
    fail("a row is cut", line);
    return 0;
}

/* The walk. */

/* taint.hops, taint.hours and taint.floor.kzt as docs/CONFIGURATION.md has them. */
static const struct naive_money_limits limits = {
    .hops_max = 10, .seconds_max = 72 * 3600, .floor_tiyn = 1000 * 100};

struct oracle {
    struct scorer scorer;
    struct naive *naive;
    struct naive_signals *signals;
    struct naive_tracing *tracing;
    double least;
};

/* What a side says of signals, and of money that they name. */
struct told {
    const char *ids[SIGNALS_STRONGEST + NAIVE_TOLD_MAX];
    bool by_citizens[SIGNALS_STRONGEST + NAIVE_TOLD_MAX];
    bool of_money[SIGNALS_STRONGEST + NAIVE_TOLD_MAX];
    int count;
};

static void tell(struct told *told, const char *id, bool by_citizens, bool of_money) {
    int at = 0;
    while (at < told->count && strcmp(told->ids[at], id) != 0)
        at++;
    if (at == told->count) told->ids[told->count++] = id;
    told->by_citizens[at] |= by_citizens;
    told->of_money[at] |= of_money;
}

static void print_ids(const struct told *told, const bool *wanted, bool value) {
    for (int i = 0; i < told->count; i++)
        if (wanted[i] == value) printf("%s,", told->ids[i]);
}

static struct told told_of(const struct oracle *o, const struct signal_evidence *evidence,
                           const struct naive_traced *traced) {
    struct told told = {.count = 0};
    for (uint32_t i = 0; i < evidence->strongest_count; i++)
        tell(&told, naive_signals_id(o->signals, evidence->strongest[i]),
             naive_signals_is_citizens(o->signals, evidence->strongest[i]), false);
    for (uint32_t i = 0; i < traced->told_count; i++)
        tell(&told, traced->told[i], false, true);
    return told;
}

static void show(const struct oracle *o, long row, const struct naive_side *side, double logit,
                 const struct told *told) {
    const int64_t p2p = side->unspent_p2p, traced = side->traced;
    printf("%ld\t%c\t%u\t%a\t%a\t%lld\t%lld\t%lld\t%lld\t", row, side->payee ? 'E' : 'P',
           side->account_number, logit, logit_of(&o->scorer, side->features, false),
           (long long)(traced > p2p ? traced : p2p), (long long)traced,
           (long long)side->unspent_protected, (long long)side->unreturned_s);
    for (int i = 0; i < told->count; i++)
        printf("%s,", told->ids[i]);
    putchar('\t');
    print_ids(told, told->by_citizens, false);
    putchar('\t');
    print_ids(told, told->of_money, true);
    for (int f = 0; f < FEATURE_COUNT; f++)
        printf("\t%a", side->features[f]);
    putchar('\n');
}

static void trace(struct oracle *o, const struct transaction *tx, struct naive_side *sides,
                  unsigned count, struct naive_traced traced[2]) {
    uint32_t accounts[2] = {0, 0};
    for (unsigned i = 0; i < count; i++)
        accounts[sides[i].payee] = sides[i].account_number;
    naive_tracing_take(o->tracing, tx, accounts, traced);
    for (unsigned i = 0; i < count; i++) {
        const struct naive_traced *t = &traced[sides[i].payee];
        sides[i].traced = t->there;
        sides[i].features[FEATURE_taint_amount_72h] = (double)t->amount_72h;
        sides[i].features[FEATURE_taint_hop] = t->hop == 0 ? (double)NAN : (double)t->hop;
        sides[i].features[FEATURE_collector_fan_in_24h] = t->payers_24h;
    }
}

static void take_transaction(struct oracle *o, long row, const struct transaction *tx,
                             int64_t clock_s) {
    struct naive_side sides[2];
    struct naive_traced traced[2];
    struct signal_evidence evidence[2];
    const struct naive_known known = naive_known_ask(o->signals, tx, clock_s, evidence);
    const unsigned count = naive_take(o->naive, tx, clock_s, &known, sides);
    if (naive_has_moved(o->naive)) printf("%ld\tM\n", row);
    if (count == 0) printf("%ld\tD\n", row);
    if (count > 0) trace(o, tx, sides, count, traced);
    for (unsigned i = 0; i < count; i++) {
        const double logit = logit_of(&o->scorer, sides[i].features, true);
        const bool below = logit < o->least && sides[i].traced == 0;
        if (below && tx->tx_status != TX_STATUS_REVERSED) continue;
        const struct told told = told_of(o, &evidence[sides[i].payee], &traced[sides[i].payee]);
        show(o, row, &sides[i], logit, &told);
    }
}

static void take_signal(struct oracle *o, long row, const struct signal *s, int64_t clock_s) {
    static const char *const effects[] = {
#define X(name, text) #name,
        SIGNAL_EFFECT_TABLE(X)
#undef X
    };
    const enum signal_effect effect = naive_signals_apply(o->signals, s, clock_s);
    const bool still = naive_tracing_hear(o->tracing, s, effect);
    printf("%ld\tS\t%s\t%d\n", row, effects[effect], still);
}

static void take(struct oracle *o, long row, char *line) {
    char *field[FIELDS_MAX];
    const int count = split(line, field);
    if (count < 3) fail("a row is cut", field[0]);
    const int64_t clock_s = number(field[2]);
    naive_tracing_row(o->tracing, (uint64_t)number(field[1]), clock_s);
    if (strcmp(field[0], "S") == 0) {
        const struct signal s = read_signal(field, count);
        take_signal(o, row, &s, clock_s);
    } else if (strcmp(field[0], "T") == 0 && count == TRANSACTION_FIELDS) {
        const struct transaction tx = read_transaction(field);
        take_transaction(o, row, &tx, clock_s);
    } else {
        fail("neither a transaction nor a signal", field[0]);
    }
}

int main(int argc, char **argv) {
    static struct oracle oracle;
    static char line[1 << 14];
    if (argc != 4) fail("usage", "oracle MODEL.json DORMANCY_DAYS LEAST_LOGIT");
    read_model(&oracle.scorer, argv[1]);
    oracle.naive = naive_new(NAIVE_none, 86400 * number(argv[2]));
    oracle.signals = naive_signals_new();
    oracle.tracing = naive_tracing_new(&limits);
    oracle.least = strtod(argv[3], NULL);
    for (long row = 0; fgets(line, sizeof line, stdin) != NULL; row++)
        take(&oracle, row, line);
    naive_free(oracle.naive);
    naive_signals_free(oracle.signals);
    naive_tracing_free(oracle.tracing);
    json_decref(oracle.scorer.document);
    return fflush(stdout) == 0 ? 0 : 1;
}
