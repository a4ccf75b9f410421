/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schema of the policy document, from the tables that the reader goes by. That thresholds
 * rise, and what a day is, only the reader checks. */
#pragma once

#include <stdio.h>

void policy_schema_print(FILE *out);
