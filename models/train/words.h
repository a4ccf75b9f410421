/* SPDX-License-Identifier: Apache-2.0 */
/* A term of a trained model in words, in three languages, from the texts of the feature table. */
#pragma once

#include "models/language.h"
#include "models/train/terms.h"

enum { WORDS_ROOM = 1024 };

/* "Credits within 24 hours: at least 5, and Share of money gone within an hour: at least 80 %" */
void words_of_term(const struct train_term *term, const struct bins *bins, enum language language,
                   char out[WORDS_ROOM]);
/* A value of a feature with its unit: "80 %", "1 234 567 KZT". */
void words_value(int feature, double value, enum language language, char *out, size_t room);
/* "in_count_24h >= 5 and rapid_cash_out_1h >= 0.8": the term's name. */
void words_name(const struct train_term *term, const struct bins *bins, char out[WORDS_ROOM]);
