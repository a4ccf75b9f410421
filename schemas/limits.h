/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds on untrusted schemas and records. */
#pragma once

enum {
    SCHEMA_NODES_MAX = 4096,  /* types in one schema */
    SCHEMA_DEPTH_MAX = 32,    /* nesting of a schema's JSON */
    SYMBOLS_MAX = 4096,       /* of one enum */
    PLAN_OPS_MAX = 16384,     /* steps of one plan */
    RECORD_DEPTH_MAX = 8,     /* nesting of collections and recursive types in a record */
    TOKEN_BYTES_MAX = 128,    /* of an id or token */
    SHORT_TEXT_BYTES_MAX = 64 /* of codes and terminals */
};
