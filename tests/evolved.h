/* SPDX-License-Identifier: Apache-2.0 */
/* A random writer's schema that binds to the contract, and avro-c as its oracle: fields in any
 * order, renamed behind aliases, dropped where the contract has a default, promoted, decimal, in
 * unions, with other enum symbols, and with further fields of every Avro type. Shares no code with
 * the decode plan. A seed always gives the same schema. */
#pragma once

#include "detector/transaction.h"

struct evolved;

struct evolved *evolved_new(uint64_t seed);
void evolved_free(struct evolved *evolved);
const char *evolved_json(const struct evolved *evolved);

/* A random record that the plan has to accept, written by avro-c; borrowed until the next call. */
struct bytes evolved_write(struct evolved *evolved, uint64_t seed);
/* Reads exactly these bytes with avro-c's generic reader and takes the columns from its values;
 * texts are borrowed until the next call. False: avro-c refuses, or leaves bytes over. Only for
 * bytes that the plan accepts: avro-c crashes on bad ones. */
bool evolved_read(struct evolved *evolved, struct bytes bytes, struct transaction *tx);
