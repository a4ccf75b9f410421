/* SPDX-License-Identifier: Apache-2.0 */
/* Where the validations begin. Private to models/train/. */
#pragma once

#include "models/train/choose.h"

/* from_s: where each fold's validation begins, and the end. At fixed shares of the rows by time
 * where enough accounts turn bad on both sides of each; else at the same shares of the accounts
 * that turn bad within the rows. ERROR_BAD_DATA when nobody turns bad before a validation or in it;
 * ERROR_FAILED: no memory. */
bool folds_place(const struct choice *choice, int64_t from_s[TRAIN_FOLDS + 1], struct error *error);
