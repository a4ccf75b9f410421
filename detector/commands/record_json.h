/* SPDX-License-Identifier: Apache-2.0 */
/* A record of a contract as JSON, and back, in the contract's names: enums are symbols, times UTC
 * texts ("2026-01-31T12:00:00Z") or whole microseconds since 1970, money whole tiyn. What is null
 * is left out. */
#pragma once

#include "schemas/plan.h"

#include <jansson.h>

/* Into a record of the contract; its texts are borrowed from `object`. What is not given keeps its
 * default, also what is obligatory. ERROR_BAD_DATA names the field, and for an unknown one its
 * nearest. */
bool record_json_read(enum contract contract, const json_t *object, void *record,
                      struct error *error);
/* The caller's. */
json_t *record_json_write(enum contract contract, const void *record);
/* The number of a symbol, or ERROR_BAD_DATA with the nearest, or with all where none is near. */
bool record_json_symbol(const char *given, const char *const *symbols, size_t count,
                        uint8_t *number, struct error *error);
/* "BANK, POLICE": those that can be given. Returns `out`. */
enum { SYMBOLS_TEXT_SIZE = 512 };
const char *record_json_symbols(const char *const *symbols, size_t count,
                                char out[SYMBOLS_TEXT_SIZE]);

/* "2026-01-31T12:00:00Z", with a fraction where there is one. */
enum { TIME_JSON_SIZE = 40 };
const char *time_json(int64_t micros, char out[TIME_JSON_SIZE]);
