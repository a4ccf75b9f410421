/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/options.h"

#include "detector/base/digest.h"
#include "detector/base/files.h"
#include "detector/base/nearest.h"
#include "detector/service/options_table.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct passthrough_pair {
    char *key, *value; /* the key without "kafka." */
};

struct options_passthrough {
    struct passthrough_pair *pairs;
    size_t count;
};

#define ROOM(field) sizeof(((struct options *)0)->field)
const struct option_row option_rows[] = {
#define SECTION(title) {.kind = OPTION_SECTION, .text = title},
#define TEXT(field, k, value, is_state, description)                                               \
    {.kind = OPTION_TEXT,                                                                          \
     .key = k,                                                                                     \
     .standard = value,                                                                            \
     .state = is_state,                                                                            \
     .text = description,                                                                          \
     .offset = offsetof(struct options, field),                                                    \
     .room = ROOM(field)},
#define NUMBER(field, k, value, least, most, u, is_state, description)                             \
    {.kind = OPTION_NUMBER,                                                                        \
     .key = k,                                                                                     \
     .standard = #value,                                                                           \
     .low = least,                                                                                 \
     .high = most,                                                                                 \
     .unit = u,                                                                                    \
     .state = is_state,                                                                            \
     .text = description,                                                                          \
     .offset = offsetof(struct options, field)},
#define FLAG(field, k, value, is_state, description)                                               \
    {.kind = OPTION_FLAG,                                                                          \
     .key = k,                                                                                     \
     .standard = #value,                                                                           \
     .state = is_state,                                                                            \
     .text = description,                                                                          \
     .offset = offsetof(struct options, field)},
#define CHOICE(field, k, value, list, is_state, description)                                       \
    {.kind = OPTION_CHOICE,                                                                        \
     .key = k,                                                                                     \
     .standard = value,                                                                            \
     .choices = list,                                                                              \
     .state = is_state,                                                                            \
     .text = description,                                                                          \
     .offset = offsetof(struct options, field),                                                    \
     .room = ROOM(field)},
    OPTIONS_TABLE(SECTION, TEXT, NUMBER, FLAG, CHOICE)
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHOICE
};
const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

static bool set_text(void *field, const struct option_row *row, const char *value) {
    if (strlen(value) >= row->room) return false;
    memcpy(field, value, strlen(value) + 1);
    return true;
}

static bool set_number(void *field, const struct option_row *row, const char *value) {
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || number < row->low || number > row->high)
        return false;
    *(int64_t *)field = number;
    return true;
}

static bool set_flag(void *field, const char *value) {
    const bool on = strcmp(value, "true") == 0;
    *(bool *)field = on;
    return on || strcmp(value, "false") == 0;
}

static bool is_choice(const char *choices, const char *value) {
    const size_t size = strlen(value);
    for (const char *at = choices;; at++) {
        const size_t length = strcspn(at, "|");
        if (length == size && memcmp(at, value, size) == 0) return true;
        at += length;
        if (*at == '\0') return false;
    }
}

static bool set_row(struct options *options, const struct option_row *row, const char *value) {
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_TEXT:
        return set_text(field, row, value);
    case OPTION_NUMBER:
        return set_number(field, row, value);
    case OPTION_FLAG:
        return set_flag(field, value);
    case OPTION_CHOICE:
        return is_choice(row->choices, value) && set_text(field, row, value);
    case OPTION_SECTION:
        break;
    }
    return false;
}

void options_init(struct options *options) {
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].kind != OPTION_SECTION)
            set_row(options, &option_rows[i], option_rows[i].standard);
}

void options_free(struct options *options) {
    if (options->passthrough == NULL) return;
    for (size_t i = 0; i < options->passthrough->count; i++) {
        free(options->passthrough->pairs[i].key);
        free(options->passthrough->pairs[i].value);
    }
    free(options->passthrough->pairs);
    free(options->passthrough);
    options->passthrough = NULL;
}

/* What delivery rests on is not passed through: a shard is fenced by these, and loses nothing. */
static bool check_passthrough(const char *key, const char *origin, struct error *error) {
    static const char *const reserved[] = {"bootstrap.servers",      "group.id",
                                           "enable.auto.commit",     "isolation.level",
                                           "auto.offset.reset",      "enable.auto.offset.store",
                                           "enable.partition.eof",   "transactional.id",
                                           "transaction.timeout.ms", "acks",
                                           "enable.idempotence",     "request.required.acks"};
    const char *name = key + strlen("kafka.");
    if (strncmp(name, "consumer.", 9) == 0 || strncmp(name, "producer.", 9) == 0) name += 9;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return error_set(error, ERROR_CONFIG,
                             "%s: %s is not passed through; the engine sets it, and delivery rests "
                             "on it",
                             origin, key);
    return true;
}

static bool keep_passthrough(struct options *options, const char *key, const char *value,
                             struct error *error) {
    struct options_passthrough *p = options->passthrough;
    if (p == NULL) p = options->passthrough = calloc(1, sizeof *p);
    struct passthrough_pair *pairs =
        p == NULL ? NULL : realloc(p->pairs, (p->count + 1) * sizeof *pairs);
    if (pairs == NULL) return error_set(error, ERROR_FAILED, "no memory for the options");
    p->pairs = pairs;
    p->pairs[p->count++] = (struct passthrough_pair){strdup(key), strdup(value)};
    return true;
}

static bool fail_value(const struct option_row *row, const char *value, const char *origin,
                       struct error *error) {
    if (row->kind == OPTION_NUMBER)
        return error_set(error, ERROR_CONFIG,
                         "%s: %s=%s is not a whole number from %lld to %lld%s%s", origin, row->key,
                         value, (long long)row->low, (long long)row->high,
                         row->unit[0] != '\0' ? " " : "", row->unit);
    if (row->kind == OPTION_CHOICE)
        return error_set(error, ERROR_CONFIG, "%s: %s=%s is not one of %s", origin, row->key, value,
                         row->choices);
    if (row->kind == OPTION_FLAG)
        return error_set(error, ERROR_CONFIG, "%s: %s=%s is neither true nor false", origin,
                         row->key, value);
    return error_set(error, ERROR_CONFIG, "%s: the value of %s is longer than %zu bytes", origin,
                     row->key, row->room - 1);
}

static bool fail_key(const char *key, const char *origin, struct error *error) {
    const char *keys[sizeof option_rows / sizeof option_rows[0]];
    size_t count = 0;
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].kind != OPTION_SECTION) keys[count++] = option_rows[i].key;
    const char *near = nearest(key, keys, count);
    if (near == NULL)
        return error_set(error, ERROR_CONFIG,
                         "%s: there is no option %s; `saqshy docs configuration` lists them",
                         origin, key);
    return error_set(error, ERROR_CONFIG, "%s: there is no option %s; did you mean %s?", origin,
                     key, near);
}

bool options_set(struct options *options, const char *key, const char *value, const char *origin,
                 struct error *error) {
    if (strncmp(key, "kafka.", 6) == 0 && key[6] != '\0')
        return check_passthrough(key, origin, error) &&
               keep_passthrough(options, key + 6, value, error);
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPTION_SECTION || strcmp(row->key, key) != 0) continue;
        return set_row(options, row, value) || fail_value(row, value, origin, error);
    }
    return fail_key(key, origin, error);
}

/* The file: key=value lines in any sections; section names only order them for the eye. */

struct file_reading {
    struct options *options;
    struct error *error;
    bool failed;
};

static int take_pair(void *context, const char *section, const char *name, const char *value) {
    struct file_reading *reading = context;
    (void)section;
    if (reading->failed) return 0;
    reading->failed = !options_set(reading->options, name, value, "line", reading->error);
    return !reading->failed;
}

bool options_load_file(struct options *options, const char *path, struct error *error) {
    struct file_reading reading = {options, error, false};
    FILE *file = files_open(path, ERROR_CONFIG, error);
    if (file == NULL) return false;
    const int line = ini_parse_file(file, take_pair, &reading);
    fclose(file);
    if (line == 0) return true;
    if (!reading.failed) error_set(error, ERROR_CONFIG, "this is not key=value");
    const char *text = error->text;
    struct error inner = *error;
    if (strncmp(text, "line: ", 6) == 0) snprintf(inner.text, sizeof inner.text, "%s", text + 6);
    return error_set(error, ERROR_CONFIG, "%s:%d: %s", path, line, inner.text);
}

/* The environment: SAQSHY_HTTP_PORT is http.port; SAQSHY_KAFKA_SASL_PASSWORD_FILE names a file with
 * the value. */

static void key_of_variable(const char *name, size_t size, char *key, size_t room) {
    size_t i = 0;
    for (; i < size && i + 1 < room; i++) {
        const char c = name[i];
        key[i] = c == '_' ? '.' : (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    key[i] = '\0';
}

static bool read_secret(const char *path, char *out, size_t room, struct error *error) {
    FILE *file = files_open(path, ERROR_CONFIG, error);
    if (file == NULL) return false;
    const size_t size = fread(out, 1, room - 1, file);
    fclose(file);
    out[size] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

static bool take_variable(struct options *options, const char *variable, struct error *error) {
    const char *equals = strchr(variable, '=');
    const char *name = variable + strlen("SAQSHY_");
    if (equals == NULL || equals <= name) return true;
    char key[128] = "", origin[160], value[4096];
    size_t size = (size_t)(equals - name);
    const bool from_file = size > 5 && memcmp(equals - 5, "_FILE", 5) == 0;
    if (from_file) size -= 5;
    key_of_variable(name, size, key, sizeof key);
    snprintf(origin, sizeof origin, "%.*s", (int)(equals - variable), variable);
    if (!from_file) return options_set(options, key, equals + 1, origin, error);
    return read_secret(equals + 1, value, sizeof value, error) &&
           options_set(options, key, value, origin, error);
}

bool options_load_environment(struct options *options, char **environment, struct error *error) {
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "SAQSHY_", 7) == 0 &&
            !take_variable(options, *environment, error))
            return false;
    return true;
}

static bool strip(const char *key, const char *prefix, const char **rest) {
    const size_t size = strlen(prefix);
    if (strncmp(key, prefix, size) != 0) return false;
    *rest = key + size;
    return true;
}

/* The part of a pass-through key that `client` takes, or NULL. `own`: it names that client. */
static const char *client_key(const char *key, enum options_client client, bool *own) {
    const char *rest = key;
    const bool consumer = strip(key, "consumer.", &rest);
    const bool producer = !consumer && strip(key, "producer.", &rest);
    *own = consumer || producer;
    if (!*own) return key;
    return consumer == (client == OPTIONS_CONSUMER) ? rest : NULL;
}

bool options_passthrough(const struct options *options, enum options_client client, size_t index,
                         const char **key, const char **value) {
    const struct options_passthrough *p = options->passthrough;
    if (p == NULL) return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->count; i++) {
            bool own = false;
            const char *found = client_key(p->pairs[i].key, client, &own);
            if (found == NULL || own != (pass == 1) || index-- > 0) continue;
            *key = found;
            *value = p->pairs[i].value;
            return true;
        }
    return false;
}

/* The value as it would be written in a file. */
static void option_value(const struct options *options, const struct option_row *row, char *out,
                         size_t room) {
    const void *field = (const char *)options + row->offset;
    if (row->kind == OPTION_NUMBER)
        snprintf(out, room, "%lld", (long long)*(const int64_t *)field);
    else if (row->kind == OPTION_FLAG)
        snprintf(out, room, "%s", *(const bool *)field ? "true" : "false");
    else
        snprintf(out, room, "%s", (const char *)field);
}

void options_state_sha256(const struct options *options, char out[65]) {
    char text[8192];
    size_t used = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char value[600];
        if (row->kind == OPTION_SECTION || !row->state) continue;
        option_value(options, row, value, sizeof value);
        if (row->state == OPTION_STATE_LATER && strcmp(value, row->standard) == 0) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%s\n", row->key, value);
    }
    digest_sha256_hex(text, used, out);
}

/* Options against each other. */

static bool check_topics(const struct options *o, struct error *error) {
    enum { OBLIGATORY = 4, TOPICS = 7 };
    const char *const keys[TOPICS] = {
        "topic.transactions", "topic.recommendations", "topic.dead.letters", "topic.order",
        "topic.signals",      "topic.policy",          "topic.shadow"};
    const char *const topics[TOPICS] = {
        o->topic_transactions, o->topic_recommendations, o->topic_dead_letters, o->topic_order,
        o->topic_signals,      o->topic_policy,          o->topic_shadow};
    for (int i = 0; i < TOPICS; i++) {
        const size_t size = strlen(topics[i]);
        if (size == 0 && i >= OBLIGATORY) continue;
        if (size == 0 || size > 249 || topics[i][strspn(topics[i], NAME_CHARACTERS)] != '\0')
            return error_set(error, ERROR_CONFIG,
                             "%s=%s: Kafka's topic names have 1 to 249 letters, digits, dots, "
                             "underscores and hyphens",
                             keys[i], topics[i]);
        for (int k = 0; k < i; k++)
            if (strcmp(topics[i], topics[k]) == 0)
                return error_set(error, ERROR_CONFIG, "%s and %s are the same topic, %s", keys[k],
                                 keys[i], topics[i]);
    }
    return true;
}

bool options_check(const struct options *options, struct error *error) {
    const char *shard = options->shard_id;
    if (shard[0] == '\0' || shard[strspn(shard, NAME_CHARACTERS)] != '\0')
        return error_set(error, ERROR_CONFIG,
                         "shard.id=%s: it takes letters, digits, dots, underscores and hyphens",
                         shard);
    if (options->snapshot_dir[0] != '\0' &&
        strcmp(options->snapshot_dir, options->snapshot_copy_dir) == 0)
        return error_set(error, ERROR_CONFIG,
                         "snapshot.dir and snapshot.copy.dir are the same directory, %s",
                         options->snapshot_dir);
    return check_topics(options, error);
}
