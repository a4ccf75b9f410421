/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the analysts' JSON documents (model, policy): every refusal names the place and what
 * would be right.
 *
 * Syntax errors carry line and column; the others line and JSON path, "p1.json:12: $.actions: …",
 * and, for a name, the nearest right one. All are ERROR_CONFIG, but for a file that cannot be read.
 * Values are borrowed from the document. A getter without "optional" in its name demands its key.
 */
#pragma once

#include "detector/base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a document a value stands. Borrows all that it points to: text, key and parent must live
 * as long as it does. */
struct place {
    const char *origin; /* file name or the like */
    const char *json;   /* the document, known to be valid */
    size_t size;
    const struct place *parent; /* NULL: the document itself */
    const char *key;            /* NULL: item `index` of an array */
    size_t index;
};

struct place place_root(const char *origin, const char *json, size_t size);
struct place place_key(const struct place *parent, const char *key);
struct place place_item(const struct place *parent, size_t index);
/* Always false. The line is that of the key, or where an item starts; of a value that is not there,
 * of what should hold it. */
bool place_refuse(const struct place *place, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The file's bytes, to be freed; NULL on failure. `code` is what a file that cannot be read is:
 * ERROR_CONFIG where an option names it, else ERROR_IO. */
char *document_read(const char *path, enum error_code code, size_t *size, struct error *error);
/* A copy of a document's bytes, to be freed. */
char *document_copy(const char *json, size_t size);
/* An object whose "format" is `format`; NULL on failure. json_decref gives it back. */
json_t *document_parse(const char *json, size_t size, const char *origin, const char *format,
                       struct error *error);

/* Refuses keys of `object` that are not among `known`. */
bool document_known(const struct place *place, const json_t *object, const char *const *known,
                    size_t count, struct error *error);

/* The member `key` if it has that type; NULL on failure. */
const json_t *document_member(const struct place *place, const json_t *object, const char *key,
                              json_type type, struct error *error);
bool document_text(const struct place *place, const json_t *object, const char *key,
                   const char **out, struct error *error);
bool document_number(const struct place *place, const json_t *object, const char *key, double *out,
                     struct error *error);
bool document_integer(const struct place *place, const json_t *object, const char *key, int64_t low,
                      int64_t high, int64_t *out, struct error *error);
/* Index of the text `key` among `names`. */
bool document_choice(const struct place *place, const json_t *object, const char *key,
                     const char *const *names, size_t count, size_t *out, struct error *error);
/* Index of `word` among `names`; `what` says what it should be. */
bool document_name(const struct place *place, const char *word, const char *what,
                   const char *const *names, size_t count, size_t *out, struct error *error);

/* A document's own name, "id". */
enum { DOCUMENT_ID_BYTES_MAX = 128 };
bool document_id(const struct place *place, const json_t *object, const char **out,
                 struct error *error);

/* "provenance", which may be absent, is an object; what is in it is for people. */
bool document_provenance(const struct place *place, const json_t *object, struct error *error);
