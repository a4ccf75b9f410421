/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes from a table as analysts keep it: a row each, columns by name, those that `saqshy
 * freezes ls --csv` writes among them. */
#include "detector/base/instant.h"
#include "detector/base/nearest.h"
#include "detector/commands/freeze_book.h"
#include "detector/commands/signal_draft.h"
#include "detector/import/csv_cell.h"
#include "detector/import/csv_walk.h"
#include "detector/import/decimal.h"

#include <assert.h>
#include <string.h>

enum { TENGE_TIYN = 100, DATE_SIZE = sizeof "2026-01-31" - 1 };

#define LAST_SECOND_US INT64_C(86399000000) /* of a day */

/* What a column is for. */
enum use {
    PASSED,
    ID,
    RESULT,
    HELD,
    HELD_TENGE,
    REPORTED,
    OCCURRED,
    ISSUED,
    ACCOUNT,
    NOTE,
    SOURCE,
    PAYEE_ADVICE
};

static const struct {
    const char *name;
    enum use use;
} columns[] = {
    {"recommendation_id", ID},
    {"result", RESULT},
    {"held_amount_kzt_minor", HELD},
    {"held_amount_kzt", HELD_TENGE},
    {"decided_at", REPORTED},
    {"occurred_at", OCCURRED},
    {"account_token", ACCOUNT},
    {"note", NOTE},
    {"source", SOURCE},
    /* Of a list of recommendations. */
    {"issued_at", ISSUED},
    {"payee_recommendation_id", PAYEE_ADVICE},
    {"revision", PASSED},
    {"state", PASSED},
    {"standing", PASSED},
    {"priority", PASSED},
    {"action", PASSED},
    {"hold_amount_kzt_minor", PASSED},
    {"at_risk_kzt_minor", PASSED},
    {"decide_by", PASSED},
    {"valid_until", PASSED},
    {"addressee_bic", PASSED},
    {"account_masked", PASSED},
    {"score", PASSED},
    {"probability", PASSED},
    {"outcome", PASSED},
};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

struct reading {
    struct signal_drafts *drafts;
    const char *source;
    size_t field_of[COLUMN_COUNT]; /* number of the field + 1; 0: no such column */
    size_t field_count;            /* 0: the head line is still to come */
    json_t *lines;                 /* recommendation → the line it stands in */
    size_t passed;
    char why[1100]; /* what is wrong with the line in hand */
};

/* The head line. */

static const char *refuse_name(struct reading *r, const char *name) {
    const char *names[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        names[i] = columns[i].name;
    const char *near = nearest(name, names, COLUMN_COUNT);
    snprintf(r->why, sizeof r->why, "%.64s is no column of outcomes%s%s%s", name,
             near != NULL ? ", did you mean " : "", near != NULL ? near : "",
             near != NULL ? "?" : "");
    return r->why;
}

static size_t field_for(const struct reading *r, enum use use) {
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (columns[i].use == use && r->field_of[i] > 0) return r->field_of[i];
    return 0;
}

static const char *take_name(struct reading *r, const char *name, size_t field) {
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(name, columns[i].name) != 0) continue;
        if (r->field_of[i] > 0) return "a column is there twice";
        r->field_of[i] = field + 1;
        return NULL;
    }
    return refuse_name(r, name);
}

static const char *take_head(struct reading *r, const struct csv *csv) {
    r->field_count = csv_count(csv);
    if (csv_count(csv) == 1)
        return "the head line has one column, where recommendation_id and result are due; or "
               "--separator is another";
    for (size_t i = 0; i < csv_count(csv); i++) {
        const char *why = take_name(r, csv_field(csv, i), i);
        if (why != NULL) return why;
    }
    if (field_for(r, ID) == 0 || field_for(r, RESULT) == 0)
        return "the head line names no recommendation_id, or no result";
    if (field_for(r, HELD) > 0 && field_for(r, HELD_TENGE) > 0)
        return "held_amount_kzt and held_amount_kzt_minor exclude each other";
    return NULL;
}

/* Rows. Each gives NULL, or what is wrong. */

/* "" where there is none. */
static const char *field(const struct reading *r, const struct csv *csv, enum use use) {
    const size_t at = field_for(r, use);
    return at == 0 ? "" : csv_cell_text(csv_field(csv, at - 1));
}

static bool is_day(const char *text) {
    return strlen(text) == DATE_SIZE;
}

static const char *put_text(struct reading *r, json_t *object, const char *key, const char *text) {
    if (text[0] == '\0') return NULL;
    json_t *json = json_string(text);
    if (json != NULL) {
        json_object_set_new(object, key, json);
        return NULL;
    }
    snprintf(r->why, sizeof r->why, "%s is no UTF-8; save the table as UTF-8", key);
    return r->why;
}

static const char *put_held(struct reading *r, const struct csv *csv, json_t *outcome) {
    const bool tenge = field_for(r, HELD_TENGE) > 0;
    const char *text = field(r, csv, tenge ? HELD_TENGE : HELD);
    int64_t tiyn = 0;
    if (text[0] == '\0') return NULL;
    const char *why = decimal_why(decimal_scale(text, '.', tenge ? TENGE_TIYN : 1, false, &tiyn));
    json_object_set_new(outcome, "held_amount_kzt_minor", json_integer(tiyn));
    if (why == NULL) return NULL;
    snprintf(r->why, sizeof r->why, "the amount held, %.64s, %s", text, why);
    return r->why;
}

static const char *put_outcome(struct reading *r, const struct csv *csv, json_t *root,
                               const char *id) {
    json_t *outcome = json_object();
    json_object_set_new(root, "outcome", outcome);
    json_object_set_new(outcome, "recommendation_id", json_string(id));
    const char *why = put_text(r, outcome, "result", field(r, csv, RESULT));
    return why != NULL ? why : put_held(r, csv, outcome);
}

/* Of a day alone it is the last second. */
static const char *put_reported(struct reading *r, json_t *root, const char *text) {
    int64_t micros = 0;
    if (!is_day(text) || !instant_parse(text, 0, &micros))
        return put_text(r, root, "reported_at", text);
    json_object_set_new(root, "reported_at", json_integer(micros + LAST_SECOND_US));
    return NULL;
}

/* The account of advice to the paying side is a victim's. */
static const char *put_account(struct reading *r, json_t *root, const char *token, bool victim) {
    json_t *subject = json_pack("{ss}", "type", "ACCOUNT");
    if (victim) json_object_set_new(subject, "role", json_string("VICTIM"));
    json_object_set_new(root, "subjects", json_pack("[o]", subject));
    if (token[0] == '\0') json_array_clear(json_object_get(root, "subjects"));
    return token[0] == '\0' ? NULL : put_text(r, subject, "token", token);
}

static const char *fill(struct reading *r, const struct csv *csv, json_t *root, const char *id) {
    const char *source = field(r, csv, SOURCE), *occurred = field(r, csv, OCCURRED);
    const char *why = put_outcome(r, csv, root, id);
    json_object_set_new(root, "kind", json_string("OUTCOME"));
    json_object_set_new(root, "confidence", json_string("CONFIRMED"));
    if (why == NULL) why = put_text(r, root, "source", source[0] == '\0' ? r->source : source);
    if (why == NULL) why = put_reported(r, root, field(r, csv, REPORTED));
    if (why == NULL)
        why = put_text(r, root, "occurred_at",
                       occurred[0] == '\0' ? field(r, csv, ISSUED) : occurred);
    if (why == NULL)
        why = put_account(r, root, field(r, csv, ACCOUNT), field(r, csv, PAYEE_ADVICE)[0] != '\0');
    return why != NULL ? why : put_text(r, root, "category", field(r, csv, NOTE));
}

static const char *add(struct reading *r, const struct csv *csv, const char *id) {
    struct error error = {.code = ERROR_NONE};
    json_t *root = json_object();
    const char *why = fill(r, csv, root, id);
    if (why != NULL) {
        json_decref(root);
        return why;
    }
    if (signal_drafts_add(r->drafts, root, 0, &error)) {
        struct signal_draft *draft = &r->drafts->items[r->drafts->count - 1];
        draft->line = csv_line(csv);
        draft->reported_by_day = is_day(field(r, csv, REPORTED));
        return NULL;
    }
    snprintf(r->why, sizeof r->why, "%s", error.text);
    return r->why;
}

static const char *note_id(struct reading *r, const char *id, int64_t line) {
    const json_t *there = json_object_get(r->lines, id);
    if (there == NULL) {
        json_object_set_new(r->lines, id, json_integer(line));
        return NULL;
    }
    snprintf(r->why, sizeof r->why, "recommendation %s has a result in line %lld already", id,
             (long long)json_integer_value(there));
    return r->why;
}

static const char *take_row(struct reading *r, const struct csv *csv) {
    char id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision = 0;
    if (csv_count(csv) != r->field_count) return "as many fields are due as the head line has";
    if (field(r, csv, RESULT)[0] == '\0') {
        r->passed++;
        return NULL;
    }
    if (!freeze_id_read(field(r, csv, ID), id, &revision)) {
        snprintf(r->why, sizeof r->why,
                 "\"%.64s\" is no recommendation_id, which has %d digits 0-9a-f, and may have "
                 ".REVISION behind them",
                 field(r, csv, ID), RECOMMENDATION_ID_SIZE);
        return r->why;
    }
    const char *why = note_id(r, id, csv_line(csv));
    return why != NULL ? why : add(r, csv, id);
}

static const char *take_line(void *context, const struct csv *csv) {
    struct reading *r = context;
    if (csv == NULL) return r->drafts->count > 0 ? NULL : "no row has a result";
    return r->field_count == 0 ? take_head(r, csv) : take_row(r, csv);
}

bool signal_drafts_read_outcomes(struct signal_drafts *drafts, const char *path, char separator,
                                 const char *source, size_t *passed, struct error *error) {
    struct reading r = {.drafts = drafts, .source = source, .lines = json_object()};
    assert(r.lines != NULL && "out of memory");
    const bool ok = csv_walk_by(path, separator, take_line, &r, error);
    json_decref(r.lines);
    *passed = r.passed;
    return ok;
}
