/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schema of the model document, from the tables that the reader goes by: types, keys,
 * names and limits. What needs arithmetic (the grid of weights, their sum, rising points) only the
 * reader checks. */
#pragma once

#include <stdio.h>

void model_schema_print(FILE *out);
