/* SPDX-License-Identifier: Apache-2.0 */
/* A model to read: where it comes from, then its terms by feature. */
#pragma once

#include "detector/commands/model_words.h"

void model_show(const struct model *model, enum language language, FILE *out);
/* The same as one object. */
void model_show_json(const struct model *model, enum language language, FILE *out);
