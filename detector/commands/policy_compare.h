/* SPDX-License-Identifier: Apache-2.0 */
/* Two policy documents beside each other, value by value. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints what differs but for "provenance", as text or as one object, and gives whether anything
 * does. */
bool policy_compare(const json_t *old, const json_t *new, bool json, FILE *out);
