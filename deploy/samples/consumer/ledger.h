/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of ledger.sql, and where it lies, for freeze_queue.c. What fails here ends the
 * program. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 8, COLUMN_SIZE = 200 };
static sqlite3 *ledger;
static char column[COLUMNS][COLUMN_SIZE]; /* of the last row of the last `sql` */

static char place[256]; /* of the record in hand, for `fail` */

_Noreturn static inline void fail(int status, const char *what, const char *why) {
    fprintf(stderr, "%s%s: %s\n", place, what, why);
    exit(status);
}

static inline const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    if (value == NULL && otherwise == NULL) fail(78, name, "set it in the environment");
    return value != NULL ? value : otherwise;
}

/* Its text; until the next call. */
static inline const char *file_text(const char *folder, const char *name) {
    static char path[4096], text[65536];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(78, path, "cannot be opened");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static inline int keep_row(void *row, int count, char **values, char **names) {
    (void)names;
    for (int i = 0; i < count && i < COLUMNS; i++)
        snprintf(column[i], COLUMN_SIZE, "%s", values[i]);
    *(bool *)row = true;
    return 0;
}

/* Runs SQL with values for %Q and %lld; whether it came to a row. 65: against the ledger's rules.
 */
static inline bool sql(const char *format, ...) {
    bool row = false;
    va_list values;
    va_start(values, format);
    char *text = sqlite3_vmprintf(format, values);
    va_end(values);
    const int status = sqlite3_exec(ledger, text, keep_row, &row, NULL);
    sqlite3_free(text);
    if (status != SQLITE_OK)
        fail(status == SQLITE_CONSTRAINT ? 65 : 1, "ledger", sqlite3_errmsg(ledger));
    return row;
}

static inline void ledger_open(const char *path, const char *rules_folder) {
    if (sqlite3_open(path, &ledger) != SQLITE_OK) fail(1, path, sqlite3_errmsg(ledger));
    sql("%s", file_text(rules_folder, "ledger.sql"));
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

/* Advice ends by its term even if nobody says so. */
static inline void lapse(void) {
    const char *now = setting("NOW", "");
    place[0] = '\0';
    sql("UPDATE freeze SET state = 'LAPSED' WHERE state IN ('ISSUED', 'AMENDED') AND "
        "valid_until <= %lld",
        now[0] != '\0' ? atoll(now) : (long long)time(NULL));
}

/* What people have decided since. */
static inline void decide(const char *path) {
    char *line = NULL;
    size_t room = 0;
    long long number = 0;
    sql("SELECT count(*) FROM decision");
    const long long taken = atoll(column[0]);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(78, path, "cannot be opened");
    while (getline(&line, &room, file) > 0 && strchr(line, '\n') != NULL) {
        char id[33] = "", result[17] = "", held[25] = "", more[2];
        long long revision = 0;
        if (++number <= taken) continue;
        if (sscanf(line, "%32[0-9a-f].%9lld %16s %24s %1s", id, &revision, result, held, more) != 4)
            result[0] = '\0';
        sql("INSERT INTO decision (id, revision, result, held) VALUES (%Q, %lld, %Q, %Q)", id,
            revision, result, held);
        if (sql("SELECT id FROM decision WHERE line = last_insert_rowid() AND NOT stands"))
            fprintf(stderr, "line %lld of the decisions is refused\n", number);
    }
    free(line);
    fclose(file);
}
