/* SPDX-License-Identifier: Apache-2.0 */
/* The writers' schemas that fuzz_plan knows: an input's first byte chooses one. */
#pragma once

enum { FAMILY_SIZE = 32, FAMILY_SEED = 7000 };
