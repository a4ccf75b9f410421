/* SPDX-License-Identifier: Apache-2.0 */
/* Schema ids → plans. The shipped contracts have ids 1–5; files ID.avsc in `schema.dir` add to them
 * or take their place. A file that appears or is mended later is found at the next record of its
 * id (asked at most once a second). Engine thread only. */
#pragma once

#include "schemas/plan.h"

enum {
    SCHEMA_ID_TRANSACTION = 1,
    SCHEMA_ID_RECOMMENDATION = 2,
    SCHEMA_ID_ORDER = 3,
    SCHEMA_ID_SIGNAL = 4,
    SCHEMA_ID_SHADOW = 5
};

struct catalog;

enum catalog_answer { CATALOG_FOUND, CATALOG_UNKNOWN, CATALOG_REFUSED };

/* `dir` may be NULL. Errors: ERROR_CONFIG when the directory or a shipped schema cannot be read. */
struct catalog *catalog_open(const char *dir, struct error *error);
/* Whose plans are for another contract. */
struct catalog *catalog_open_for(enum contract contract, const char *dir, struct error *error);
void catalog_close(struct catalog *catalog);
/* FOUND: *plan; REFUSED: *why (lives until the next call). */
enum catalog_answer catalog_plan(struct catalog *catalog, int32_t schema_id,
                                 const struct plan **plan, const char **why);

/* The shipped schema's JSON by id 1–5 (generated from schemas/X.avsc at build). */
const char *schema_shipped(int32_t schema_id, size_t *size);
