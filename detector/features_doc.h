/* SPDX-License-Identifier: Apache-2.0 */
/* docs/FEATURES.md, made from the feature table. */
#pragma once

#include <stdio.h>

void features_doc_print(FILE *out);
