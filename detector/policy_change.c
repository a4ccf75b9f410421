/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/policy_change.h"

#include "models/document.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char origin[] = "the change";

bool policy_change_is_note(struct bytes key, struct bytes value) {
    const size_t size = sizeof POLICY_ACK_PREFIX - 1;
    return value.data == NULL ||
           (key.data != NULL && key.size >= size && memcmp(key.data, POLICY_ACK_PREFIX, size) == 0);
}

/* What people wrote ends in log lines and on screens. */
static bool is_plain(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f || *text == '"') return false;
    return true;
}

static bool read_words(const struct place *place, const json_t *object, const char *key,
                       size_t bytes_max, const char **out, struct error *error) {
    const struct place at = place_key(place, key);
    *out = "";
    if (json_object_get(object, key) == NULL) return true;
    if (!document_text(place, object, key, out, error)) return false;
    if (strlen(*out) > bytes_max)
        return place_refuse(&at, error, "must have %zu bytes at most", bytes_max);
    const size_t size = strlen(*out);
    if (size > 0 && ((*out)[0] == ' ' || (*out)[size - 1] == ' '))
        return place_refuse(&at, error, "must not begin or end with a space");
    return is_plain(*out) ||
           place_refuse(&at, error, "must hold no control characters and no quotation marks");
}

static bool read_document(const struct place *place, const json_t *object, const char *key,
                          const char **out, size_t *size, struct error *error) {
    const json_t *text = json_object_get(object, key);
    *out = NULL;
    *size = 0;
    if (text == NULL) return true;
    text = document_member(place, object, key, JSON_STRING, error);
    if (text == NULL) return false;
    *out = json_string_value(text);
    *size = json_string_length(text);
    return true;
}

static bool read_all(struct policy_change *c, const struct place *place, struct error *error) {
    static const char *const known[] = {"format", "author", "approver",
                                        "reason", "policy", "model"};
    if (!document_known(place, c->document, known, sizeof known / sizeof *known, error) ||
        !read_words(place, c->document, "author", POLICY_WHO_BYTES_MAX, &c->author, error) ||
        !read_words(place, c->document, "approver", POLICY_WHO_BYTES_MAX, &c->approver, error) ||
        !read_words(place, c->document, "reason", POLICY_WHY_BYTES_MAX, &c->reason, error) ||
        !read_document(place, c->document, "policy", &c->policy, &c->policy_size, error) ||
        !read_document(place, c->document, "model", &c->model, &c->model_size, error))
        return false;
    if (c->author[0] == '\0') return place_refuse(place, error, "author is to say who made it");
    return c->policy != NULL || c->model != NULL ||
           place_refuse(place, error, "it names neither a policy nor a model");
}

bool policy_change_read(struct policy_change *c, struct bytes value, struct error *error) {
    const char *json = (const char *)value.data;
    *c = (struct policy_change){.author = "", .approver = "", .reason = ""};
    if (value.size > POLICY_CHANGE_BYTES_MAX)
        return error_set(error, ERROR_CONFIG, "%s has %u bytes, %d at most are taken", origin,
                         value.size, POLICY_CHANGE_BYTES_MAX);
    c->document = document_parse(json, value.size, origin, POLICY_CHANGE_FORMAT, error);
    if (c->document == NULL) return error_prefix(error, "saqshy policy publish writes changes");
    const struct place place = place_root(origin, json, value.size);
    if (read_all(c, &place, error)) return true;
    policy_change_free(c);
    return false;
}

void policy_change_free(struct policy_change *c) {
    json_decref(c->document);
    *c = (struct policy_change){.author = "", .approver = "", .reason = ""};
}

bool policy_change_by_two(const struct policy_change *c, struct error *error) {
    if (c->approver[0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "policy.two.persons is on: nobody approved it; publish it again with "
                         "--approver");
    return strcasecmp(c->author, c->approver) != 0 ||
           error_set(error, ERROR_CONFIG,
                     "policy.two.persons is on: %s is author and approver; another person is to "
                     "approve it",
                     c->author);
}

static bool put_words(json_t *object, const char *key, const char *words, struct error *error) {
    return words[0] == '\0' || json_object_set_new(object, key, json_string(words)) == 0 ||
           error_set(error, ERROR_CONFIG, "%s: %s is no UTF-8", origin, key);
}

static void put_document(json_t *object, const char *key, const char *text, size_t size) {
    if (text != NULL) json_object_set_new(object, key, json_stringn(text, size));
}

char *policy_change_write(const struct policy_change *c, size_t *size, struct error *error) {
    json_t *object = json_pack("{s:s}", "format", POLICY_CHANGE_FORMAT);
    const bool named = put_words(object, "author", c->author, error) &&
                       put_words(object, "approver", c->approver, error) &&
                       put_words(object, "reason", c->reason, error);
    put_document(object, "policy", c->policy, c->policy_size);
    put_document(object, "model", c->model, c->model_size);
    char *json = named ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (named && json == NULL)
        error_set(error, ERROR_CONFIG, "%s cannot be written as JSON", origin);
    if (json == NULL) return NULL;
    struct policy_change again;
    *size = strlen(json);
    if (policy_change_read(&again, (struct bytes){(const uint8_t *)json, (uint32_t)*size}, error)) {
        policy_change_free(&again);
        return json;
    }
    free(json);
    return NULL;
}
