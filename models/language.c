/* SPDX-License-Identifier: Apache-2.0 */
#include "models/language.h"

const char *const language_name[LANGUAGE_COUNT] = {"en", "ru", "kk"};
