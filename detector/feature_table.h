/* SPDX-License-Identifier: Apache-2.0 */
/* The feature table: one row a feature. Everything that names a feature is made from it: the vector,
 * the model's binding, reasons, docs/FEATURES.md. Source of the definitions: see the rows. */
#pragma once

#include <stdint.h>

#define SECONDS_10M 600
#define SECONDS_1H 3600
#define SECONDS_6H 21600
#define SECONDS_24H 86400
#define SECONDS_72H 259200
#define SECONDS_7D 604800

/* Row numbers: FEATURE_in_count_10m …, FEATURE_COUNT. */
#define FEATURE_IDS(X) X(in_count_10m)

enum feature_id {
#define X(name) FEATURE_##name,
    FEATURE_IDS(X)
#undef X
        FEATURE_COUNT
};

enum feature_direction { FEATURE_EITHER, FEATURE_RISES, FEATURE_FALLS };

struct feature {
    const char *name;
    const char *unit;       /* count, KZT, ratio, s, days … */
    int32_t window_s;       /* 0: none */
    const char *definition; /* one sentence */
    const char *null_rule;  /* when it is null */
    enum feature_direction direction; /* of the risk as the value rises */
    const char *reason_code;
    const char *text_en, *text_ru, *text_kk;
    const char *source; /* the published sign or paper that justifies it */
};

extern const struct feature feature_table[FEATURE_COUNT];

/* Row number by name, or -1. */
int feature_find(const char *name);
/* SHA-256 over names, units, windows and definitions in order, hexadecimal with NUL. */
const char *feature_table_sha256(void);
