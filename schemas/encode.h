/* SPDX-License-Identifier: Apache-2.0 */
/* Framed Avro of what we write: recommendations, order records, transactions, signals, scores of
 * shadow models. avro-c's generic values over the shipped schemas, reused from call to call. One
 * thread per encoder. */
#pragma once

#include "detector/base/error.h"
#include "detector/recommendation.h"
#include "detector/shadow_score.h"
#include "detector/signal.h"
#include "detector/transaction.h"
#include "schemas/order_record.h"

struct encoder;

struct encoder *encoder_open(struct error *error);
void encoder_close(struct encoder *encoder);

/* The result (frame included) is borrowed until the next call on this encoder. False:
 * ERROR_BAD_DATA. */
bool encode_recommendation(struct encoder *encoder, const struct recommendation *recommendation,
                           struct bytes *out, struct error *error);
bool encode_order(struct encoder *encoder, const struct order_record *record, struct bytes *out,
                  struct error *error);
bool encode_transaction(struct encoder *encoder, const struct transaction *tx, struct bytes *out,
                        struct error *error);
bool encode_signal(struct encoder *encoder, const struct signal *signal, struct bytes *out,
                   struct error *error);
bool encode_shadow_score(struct encoder *encoder, const struct shadow_score *score,
                         struct bytes *out, struct error *error);
