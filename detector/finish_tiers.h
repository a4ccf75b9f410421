/* SPDX-License-Identifier: Apache-2.0 */
/* The tiers of finish.h. Private to finish*.c. */
#pragma once

#include "detector/finish.h"

finish_features finish_scalar, finish_avx2, finish_avx512;
