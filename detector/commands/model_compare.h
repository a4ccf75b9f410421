/* SPDX-License-Identifier: Apache-2.0 */
/* Two models beside each other: what an analyst has to know before the new one takes over. */
#pragma once

#include "detector/commands/model_words.h"

/* Prints what differs, as text or as one object, and gives whether anything does. */
bool model_compare(const struct model *old, const struct model *new, enum language language,
                   bool json, FILE *out);
