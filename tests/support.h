/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka in the order it wants its headers. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
