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
#include "schemas/limits.h"
#include "schemas/utf8.h"

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

/* COLUMN_COUNT: there is none. */
static size_t column_for(const struct reading *r, enum use use) {
    size_t i = 0;
    while (i < COLUMN_COUNT && (columns[i].use != use || r->field_of[i] == 0))
        i++;
    return i;
}

static bool has(const struct reading *r, enum use use) {
    return column_for(r, use) < COLUMN_COUNT;
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
    if (!has(r, ID) || !has(r, RESULT))
        return "the head line names no recommendation_id, or no result";
    if (has(r, HELD) && has(r, HELD_TENGE))
        return "held_amount_kzt and held_amount_kzt_minor exclude each other";
    return NULL;
}

/* Rows. Each gives NULL, or what is wrong. */

/* A cell, and what people call the place it stands in. */
struct cell {
    const char *column, *text;
};

/* "" where there is none. */
static struct cell cell(const struct reading *r, const struct csv *csv, enum use use) {
    const size_t i = column_for(r, use);
    if (i == COLUMN_COUNT) return (struct cell){"", ""};
    return (struct cell){columns[i].name, csv_cell_text(csv_field(csv, r->field_of[i] - 1))};
}

static const char *field(const struct reading *r, const struct csv *csv, enum use use) {
    return cell(r, csv, use).text;
}

static bool is_day(const char *text) {
    return strlen(text) == DATE_SIZE;
}

/* What the contract would refuse is refused here, by the name of its column. */
static const char *put_text(struct reading *r, json_t *object, const char *key, struct cell from,
                            size_t bytes_max) {
    const size_t size = strlen(from.text);
    if (size == 0) return NULL;
    if (utf8_valid(from.text, size) && size <= bytes_max) {
        json_object_set_new(object, key, json_string(from.text));
        return NULL;
    }
    if (size > bytes_max)
        snprintf(r->why, sizeof r->why, "%s: longer than %zu bytes", from.column, bytes_max);
    else
        snprintf(r->why, sizeof r->why, "%s is no UTF-8; save the table as UTF-8", from.column);
    return r->why;
}

/* Of a day alone `day_us` later. */
static const char *put_time(struct reading *r, json_t *root, const char *key, struct cell from,
                            int64_t day_us) {
    int64_t micros = 0;
    if (from.text[0] == '\0') return NULL;
    if (!instant_parse(from.text, 0, &micros)) {
        snprintf(r->why, sizeof r->why, "%s: not a time, as 2026-01-31T12:00:00Z", from.column);
        return r->why;
    }
    json_object_set_new(root, key, json_integer(micros + (is_day(from.text) ? day_us : 0)));
    return NULL;
}

static const char *put_held(struct reading *r, const struct csv *csv, json_t *outcome) {
    const bool tenge = has(r, HELD_TENGE);
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
    const char *why = put_text(r, outcome, "result", cell(r, csv, RESULT), SHORT_TEXT_BYTES_MAX);
    return why != NULL ? why : put_held(r, csv, outcome);
}

/* The account of advice to the paying side is a victim's. */
static const char *put_account(struct reading *r, json_t *root, struct cell token, bool victim) {
    json_t *subjects = json_array();
    json_object_set_new(root, "subjects", subjects);
    if (token.text[0] == '\0') return NULL;
    json_t *subject = json_pack("{ss}", "type", "ACCOUNT");
    if (victim) json_object_set_new(subject, "role", json_string("VICTIM"));
    json_array_append_new(subjects, subject);
    return put_text(r, subject, "token", token, TOKEN_BYTES_MAX);
}

static const char *fill(struct reading *r, const struct csv *csv, json_t *root, const char *id) {
    struct cell source = cell(r, csv, SOURCE), occurred = cell(r, csv, OCCURRED);
    if (source.text[0] == '\0') source = (struct cell){"--source", r->source};
    if (occurred.text[0] == '\0') occurred = cell(r, csv, ISSUED);
    const char *why = put_outcome(r, csv, root, id);
    json_object_set_new(root, "kind", json_string("OUTCOME"));
    json_object_set_new(root, "confidence", json_string("CONFIRMED"));
    if (why == NULL) why = put_text(r, root, "source", source, SHORT_TEXT_BYTES_MAX);
    if (why == NULL) why = put_time(r, root, "reported_at", cell(r, csv, REPORTED), LAST_SECOND_US);
    if (why == NULL) why = put_time(r, root, "occurred_at", occurred, 0);
    if (why == NULL)
        why = put_account(r, root, cell(r, csv, ACCOUNT), field(r, csv, PAYEE_ADVICE)[0] != '\0');
    if (why != NULL) return why;
    return put_text(r, root, "category", cell(r, csv, NOTE), SHORT_TEXT_BYTES_MAX);
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
