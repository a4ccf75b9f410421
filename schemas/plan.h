/* SPDX-License-Identifier: Apache-2.0 */
/* The decode plan: a writer's schema, compiled once from its JSON and bound by name and alias to
 * struct transaction or struct signal. Decoding then reads untrusted bytes without allocating.
 *
 * Property: what plan_decode accepts, avro-c accepts with equal values. Bounds: schemas/limits.h.
 */
#pragma once

#include "detector/base/error.h"
#include "detector/signal.h"
#include "detector/transaction.h"

#include <stddef.h>
#include <stdio.h>

struct plan;

/* What a schema is bound to. */
enum contract { CONTRACT_TRANSACTION, CONTRACT_SIGNAL };

/* By the name of its record: what is called FraudSignal is a signal, all else a transaction. */
enum contract plan_contract_of(const char *schema_json, size_t size);

/* Errors: ERROR_BAD_DATA; the text names the field and why. The plan is immutable: any thread may
 * decode. */
struct plan *plan_compile(const char *schema_json, size_t size, struct error *error);
struct plan *plan_compile_for(enum contract contract, const char *schema_json, size_t size,
                              struct error *error);
void plan_free(struct plan *plan);

/* The table that `saqshy schema check` prints: contract field, writer field, how it binds or why
 * not. Also written (as far as it got) when the schema is refused. */
bool plan_report(const char *schema_json, size_t size, FILE *out);
bool plan_report_for(enum contract contract, const char *schema_json, size_t size, FILE *out);

/* Decodes one record from the start of `bytes`. On success fills every column of `tx` (defaults
 * included; amount_tiyn is left to admission) and sets *used to the bytes read. On failure returns
 * false and points *why at a static text with the reason. */
bool plan_decode(const struct plan *plan, struct bytes bytes, struct transaction *tx,
                 uint32_t *used, const char **why);
/* The same of a plan for CONTRACT_SIGNAL. */
bool plan_decode_signal(const struct plan *plan, struct bytes bytes, struct signal *signal,
                        uint32_t *used, const char **why);
