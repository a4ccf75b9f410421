/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *build_info_version(void) {
    return SAQSHY_VERSION;
}

const char *build_info_commit(void) {
    return SAQSHY_COMMIT;
}

const char *build_info_compiler(void) {
    return COMPILER;
}

const char *build_info_long(void) {
    return SAQSHY_VERSION " (" SAQSHY_COMMIT ", " COMPILER ")";
}
