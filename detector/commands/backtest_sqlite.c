/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_sqlite.h"

#include "detector/commands/backtest_report.h"
#include "detector/commands/backtest_shadows.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_MAX_SIZE = 200, DAY_S = 86400 };

/* Nobody reads the file before it is whole, and it is made safe as a whole. */
static const char begin_sql[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "BEGIN;"
    "CREATE TABLE accounts(id INTEGER PRIMARY KEY, account TEXT NOT NULL, opened_on TEXT,"
    " account_type TEXT, holder TEXT, score REAL, bad_since INTEGER, left_out INTEGER NOT NULL,"
    " action TEXT, first_recommended INTEGER, held_kzt_minor INTEGER NOT NULL);"
    "CREATE TABLE sides(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL,"
    " \"offset\" INTEGER NOT NULL, account_id INTEGER NOT NULL REFERENCES accounts(id),"
    " time INTEGER NOT NULL, side TEXT NOT NULL, amount_kzt_minor INTEGER NOT NULL,"
    " logit REAL NOT NULL, probability REAL NOT NULL);"
    "CREATE TABLE recommendations(id INTEGER PRIMARY KEY, recommendation_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL, account_id INTEGER NOT NULL REFERENCES accounts(id),"
    " issued_at INTEGER NOT NULL, action TEXT NOT NULL, hold_kzt_minor INTEGER,"
    " at_risk_kzt_minor INTEGER NOT NULL);"
    "CREATE TABLE figures(name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;"
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";
static const char end_sql[] = "CREATE UNIQUE INDEX accounts_by_account ON accounts(account);"
                              "CREATE INDEX accounts_by_score ON accounts(score);"
                              "CREATE INDEX sides_by_account ON sides(account_id, time);"
                              "CREATE INDEX sides_by_logit ON sides(logit);"
                              "CREATE INDEX recommendations_by_account ON "
                              "recommendations(account_id);"
                              "COMMIT;";

struct writer {
    sqlite3 *database;
    sqlite3_stmt *insert; /* into the table in hand */
    int column;           /* filled last */
    bool ok;
};

static void execute(struct writer *w, const char *sql) {
    w->ok = w->ok && sqlite3_exec(w->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* A table: begin, rows, end. A row: its values from left to right, end. */

static void begin_rows(struct writer *w, const char *sql) {
    w->column = 0;
    w->ok = w->ok && sqlite3_prepare_v2(w->database, sql, -1, &w->insert, NULL) == SQLITE_OK;
}

static void end_rows(struct writer *w) {
    sqlite3_finalize(w->insert);
    w->insert = NULL;
}

static void end_row(struct writer *w) {
    w->ok =
        w->ok && sqlite3_step(w->insert) == SQLITE_DONE && sqlite3_reset(w->insert) == SQLITE_OK;
    w->column = 0;
}

static void put_text(struct writer *w, const char *text, size_t size) {
    w->ok = w->ok &&
            sqlite3_bind_text(w->insert, ++w->column, text, (int)size, SQLITE_STATIC) == SQLITE_OK;
}

/* NULL: null. */
static void put_word(struct writer *w, const char *word) {
    if (word != NULL)
        put_text(w, word, strlen(word));
    else
        w->ok = w->ok && sqlite3_bind_null(w->insert, ++w->column) == SQLITE_OK;
}

static void put_whole(struct writer *w, int64_t value) {
    w->ok = w->ok && sqlite3_bind_int64(w->insert, ++w->column, value) == SQLITE_OK;
}

/* What is infinite or NaN is null. */
static void put_real(struct writer *w, double value) {
    if (!isfinite(value))
        put_word(w, NULL);
    else
        w->ok = w->ok && sqlite3_bind_double(w->insert, ++w->column, value) == SQLITE_OK;
}

static void put_unless(struct writer *w, int64_t value, int64_t none) {
    if (value == none)
        put_word(w, NULL);
    else
        put_whole(w, value);
}

/* Shadows: a column each, whose name is digits of a hash. */

static void add_shadow_columns(struct writer *w, const struct shadows *shadows) {
    char sql[128], column[BACKTEST_COLUMN_SIZE];
    for (uint32_t i = 0; i < shadows_count(shadows); i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE sides ADD COLUMN %s REAL",
                 backtest_shadow_column(shadows_model(shadows, i), column));
        execute(w, sql);
    }
}

static void create_scores(struct writer *w, const struct shadows *shadows) {
    char columns[SCORE_SHADOWS_MAX * (BACKTEST_COLUMN_SIZE + 2) + 1] = "", sql[512];
    char column[BACKTEST_COLUMN_SIZE];
    size_t used = 0;
    for (uint32_t i = 0; i < shadows_count(shadows); i++)
        used += (size_t)snprintf(columns + used, sizeof columns - used, ", %s",
                                 backtest_shadow_column(shadows_model(shadows, i), column));
    snprintf(sql, sizeof sql,
             "CREATE VIEW scores AS SELECT partition || '/' || \"offset\" AS position, account, "
             "time, side, logit, probability%s FROM sides JOIN accounts ON accounts.id = "
             "account_id",
             columns);
    execute(w, sql);
}

/* Tables. */

static const char *day_text(int32_t day, char out[16]) {
    const time_t second = (time_t)day * DAY_S;
    struct tm utc;
    if (day == BACKTEST_DAY_UNKNOWN || gmtime_r(&second, &utc) == NULL ||
        strftime(out, 16, "%Y-%m-%d", &utc) == 0)
        return NULL;
    return out;
}

static void put_account(struct writer *w, size_t id, const struct backtest_account *account,
                        const struct backtest_standing *standing) {
    char day[16];
    put_whole(w, (int64_t)id);
    put_text(w, account->token, account->token_size);
    put_word(w, day_text(account->opened_on_day, day));
    put_word(w, backtest_type_names[account->account_type]);
    put_word(w, backtest_holder_names[account->person_type]);
    put_real(w, standing->score);
    put_unless(w, standing->first_bad_s, INT64_MAX);
    put_whole(w, standing->left_out);
    put_word(w, standing->action == ACTION_UNKNOWN ? NULL
                                                   : backtest_action_name((int)standing->action));
    put_unless(w, standing->first_advice_s, INT64_MAX);
    put_whole(w, standing->held_tiyn);
    end_row(w);
}

static void put_accounts(struct writer *w, const struct backtest_sqlite_content *content) {
    const struct backtest_pass *pass = content->pass;
    struct backtest_standing *standings =
        backtest_standings(pass, content->labels, content->period);
    begin_rows(w, "INSERT INTO accounts VALUES(?,?,?,?,?,?,?,?,?,?,?)");
    for (size_t i = 0; w->ok && i < pass->account_count; i++)
        put_account(w, i + 1, &pass->accounts[i], &standings[i]);
    end_rows(w);
    free(standings);
}

static void put_side(struct writer *w, const struct backtest_side *side, const struct model *model,
                     const double *shadow_logits, uint32_t shadows) {
    put_whole(w, side->partition);
    put_whole(w, side->offset);
    put_whole(w, (int64_t)side->account + 1);
    put_whole(w, side->time_s);
    put_text(w, side->role == SIDE_PAYER ? "payer" : "payee", 5);
    put_whole(w, side->amount_tiyn);
    put_real(w, side->logit);
    put_real(w, model_probability(model, side->logit));
    for (uint32_t s = 0; s < shadows; s++)
        put_real(w, shadow_logits[s]);
    end_row(w);
}

static void put_sides(struct writer *w, const struct backtest_sqlite_content *content) {
    const struct backtest_pass *pass = content->pass;
    const uint32_t shadows = shadows_count(content->shadows);
    char sql[128];
    snprintf(sql, sizeof sql, "INSERT INTO sides VALUES(NULL,?,?,?,?,?,?,?,?%.*s)",
             (int)(2 * shadows), ",?,?,?,?,?,?,?");
    begin_rows(w, sql);
    for (size_t i = 0; w->ok && i < pass->side_count; i++)
        put_side(w, &pass->sides[i], content->model,
                 shadows == 0 ? NULL : &pass->shadow_logits[i * shadows], shadows);
    end_rows(w);
}

static void put_recommendations(struct writer *w, const struct backtest_pass *pass) {
    begin_rows(w, "INSERT INTO recommendations VALUES(NULL,?,?,?,?,?,?,?)");
    for (size_t i = 0; w->ok && i < pass->advice_count; i++) {
        const struct backtest_advice *advice = &pass->advice[i];
        put_word(w, advice->id);
        put_whole(w, advice->revision);
        put_whole(w, (int64_t)advice->account + 1);
        put_whole(w, advice->issued_s);
        put_word(w, backtest_action_name((int)advice->action));
        put_unless(w, advice->hold_tiyn, 0);
        put_whole(w, advice->at_risk_tiyn);
        end_row(w);
    }
    end_rows(w);
}

/* The report: its leaves by their paths, numbers into one table, texts into the other. */

enum leaves { LEAVES_NUMBERS, LEAVES_TEXTS };

static void put_leaf(struct writer *w, const char *path, const json_t *value, enum leaves wanted) {
    const bool text = json_is_string(value);
    if (text != (wanted == LEAVES_TEXTS)) return;
    put_word(w, path);
    if (text)
        put_text(w, json_string_value(value), json_string_length(value));
    else
        put_real(w, json_is_null(value)      ? (double)NAN
                    : json_is_boolean(value) ? json_is_true(value)
                                             : json_number_value(value));
    end_row(w);
}

static void put_leaves(struct writer *w, const char *path, json_t *value, enum leaves wanted) {
    char below[NAME_MAX_SIZE];
    const char *key;
    json_t *child;
    size_t index;
    const char *dot = path[0] == '\0' ? "" : ".";
    if (!json_is_object(value) && !json_is_array(value)) put_leaf(w, path, value, wanted);
    json_object_foreach(value, key, child) {
        (void)snprintf(below, sizeof below, "%s%s%s", path, dot, key);
        put_leaves(w, below, child, wanted);
    }
    json_array_foreach(value, index, child) {
        (void)snprintf(below, sizeof below, "%s%s%zu", path, dot, index);
        put_leaves(w, below, child, wanted);
    }
}

static void put_report(struct writer *w, const char *report) {
    json_t *document = json_loads(report, 0, NULL);
    assert(document != NULL && "our own report");
    begin_rows(w, "INSERT INTO figures VALUES(?,?)");
    put_leaves(w, "", document, LEAVES_NUMBERS);
    end_rows(w);
    begin_rows(w, "INSERT INTO meta VALUES(?,?)");
    put_leaves(w, "", document, LEAVES_TEXTS);
    end_rows(w);
    json_decref(document);
}

bool backtest_sqlite_write(const char *path, const struct backtest_sqlite_content *content,
                           struct error *error) {
    struct writer w = {.ok = true};
    w.ok = sqlite3_open_v2(path, &w.database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    execute(&w, begin_sql);
    add_shadow_columns(&w, content->shadows);
    create_scores(&w, content->shadows);
    put_accounts(&w, content);
    put_sides(&w, content);
    put_recommendations(&w, content->pass);
    put_report(&w, content->report);
    execute(&w, end_sql);
    if (!w.ok) error_set(error, ERROR_IO, "%s: %s", path, sqlite3_errmsg(w.database));
    sqlite3_close(w.database);
    return w.ok;
}
