/* SPDX-License-Identifier: Apache-2.0 */
/* Small transactions and documents for tests of the whole path. */
#pragma once

#include "detector/broker/memory_port.h"
#include "detector/service/options.h"
#include "detector/signal.h"
#include "detector/transaction.h"
#include "schemas/encode.h"

#define SAMPLE_START_S 1767225600 /* 2026-01-01T00:00:00Z */

/* A settled P2P transfer at `second` after SAMPLE_START_S; tokens are borrowed, NULL means no
 * account. */
struct transaction sample_transfer(const char *tx_id, const char *payer, const char *payee,
                                   int64_t second, int64_t amount_tiyn);
/* A cash withdrawal. */
struct transaction sample_cash(const char *tx_id, const char *account, int64_t second,
                               int64_t amount_tiyn);

/* A report of the police, good for 30 days from `second` on, that the account is a dropper's. */
struct signal sample_signal(const char *signal_id, const char *account, int64_t second);

/* Topics of the default options in a new memory port, without the signals. */
struct memory_port *sample_cluster(int32_t partitions);
/* Encodes and appends; the partition is the payer's (or payee's) murmur2, the timestamp the
 * event's. */
void sample_send(struct memory_port *memory, struct encoder *encoder, const struct transaction *tx,
                 int32_t partitions);
/* Encodes and appends to the signals; NULL: a tombstone. */
void sample_send_signal(struct memory_port *memory, struct encoder *encoder, const char *signal_id,
                        const struct signal *signal, int32_t partitions);
/* Transfers from number `first` on, one every 20 s, among so many people, a few of whom get many. A
 * number always gives the same one. */
void sample_send_crowd(struct memory_port *memory, struct encoder *encoder, int first, int count,
                       uint32_t people, int32_t partitions);
/* Large transfers to one account, a minute apart; number i, tx-i, is of payer-i and of minute i. */
void sample_send_burst(struct memory_port *memory, struct encoder *encoder, const char *payee,
                       int first, int count, int32_t partitions);
/* The records of a topic at the offsets they have, without the first gone[p] of partition p (NULL:
 * all). */
void sample_copy(const struct memory_port *from, struct memory_port *to, const char *topic,
                 int32_t partitions, const size_t *gone);
/* Appends raw bytes. */
void sample_send_raw(struct memory_port *memory, int32_t partition, const void *data,
                     uint32_t size);

/* The policy of sample_options by this id, at this probability. */
enum { SAMPLE_POLICY_SIZE = 512 };
const char *sample_policy(const char *id, double probability, char out[SAMPLE_POLICY_SIZE]);

/* Writes a model with one term (weight × the number of credits within an hour) and a policy whose
 * only action is REVIEW_ONLY from three credits an hour on; sets model.path, policy.path,
 * start.from and small limits. */
void sample_options(struct options *options, const char *directory);

/* Adds the model of sample_options to model.shadow, with `from` replaced by `to`, as NAME in the
 * directory. */
void sample_add_shadow(struct options *options, const char *directory, const char *name,
                       const char *from, const char *to);

/* A directory of its own with the documents of sample_options; false when it cannot be made. */
bool sample_directory_make(char directory[64], struct options *options);
/* Removes the directory with the files in it, and frees the options. */
void sample_directory_remove(const char *directory, struct options *options);
