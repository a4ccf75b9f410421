/* SPDX-License-Identifier: Apache-2.0 */
/* What this program was built as. */
#pragma once

/* "0.1.0": the project's version; it goes into recommendations and order records. */
const char *build_info_version(void);
/* Twelve digits of the commit, "unknown" outside a checkout. */
const char *build_info_commit(void);
/* Compiler and its version. */
const char *build_info_compiler(void);
/* Version, commit where known, compiler. One line. */
const char *build_info_long(void);
