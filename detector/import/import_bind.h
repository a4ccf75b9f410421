/* SPDX-License-Identifier: Apache-2.0 */
/* Where the mapped columns stand in the CSV at hand. */
#pragma once

#include "detector/base/error.h"
#include "detector/import/csv.h"
#include "detector/import/mapping.h"

struct import_binding {
    int index[MAPPING_COLUMN_COUNT]; /* -1: not mapped */
    size_t column_count;
};

/* `csv` stands at its first row: the head line, or any row when there is none. ERROR_CONFIG: a
 * mapped or dropped column is not there, or one that is there is neither. */
bool import_bind(const struct mapping *mapping, const struct csv *csv,
                 struct import_binding *binding, struct error *error);
