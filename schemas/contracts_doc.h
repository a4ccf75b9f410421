/* SPDX-License-Identifier: Apache-2.0 */
/* docs/CONTRACTS.md, made from the shipped schemas. */
#pragma once

#include <stdio.h>

void contracts_doc_print(FILE *out);
