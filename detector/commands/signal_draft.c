/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/signal_draft.h"

#include "detector/base/calendar.h"
#include "detector/base/digest.h"
#include "detector/base/grow.h"
#include "detector/commands/record_json.h"

#include <ctype.h>
#include <string.h>

enum { MICROS = 1000000, DAY_S = 86400 };

void signal_drafts_free(struct signal_drafts *d) {
    for (size_t i = 0; i < d->count; i++)
        json_decref(d->items[i].json);
    free(d->items);
}

bool signal_drafts_add(struct signal_drafts *d, json_t *object, int64_t term_s,
                       struct error *error) {
    if (d->count == SIGNAL_DRAFTS_MAX) {
        json_decref(object);
        return error_set(error, ERROR_BAD_DATA, "more than %d signals at once", SIGNAL_DRAFTS_MAX);
    }
    d->items = grow(d->items, d->count, &d->room, sizeof *d->items);
    struct signal_draft *draft = &d->items[d->count++];
    *draft = (struct signal_draft){.json = object, .term_s = term_s};
    draft->reported_now = json_object_get(object, "reported_at") == NULL;
    draft->from_reported = json_object_get(object, "valid_from") == NULL;
    return record_json_read(CONTRACT_SIGNAL, object, &draft->signal, error);
}

static bool add_value(struct signal_drafts *d, json_t *value, struct error *error) {
    const size_t count = json_is_array(value) ? json_array_size(value) : 1;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        json_t *object = json_is_array(value) ? json_array_get(value, i) : value;
        ok = signal_drafts_add(d, json_incref(object), 0, error) ||
             error_prefix(error, "signal %zu", d->count);
    }
    json_decref(value);
    return ok;
}

static bool at_end(FILE *file) {
    int c = getc(file);
    while (c != EOF && isspace(c))
        c = getc(file);
    return c == EOF || ungetc(c, file) == EOF;
}

bool signal_drafts_read(struct signal_drafts *d, FILE *file, struct error *error) {
    while (!at_end(file)) {
        json_error_t why;
        json_t *value = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &why);
        if (value == NULL)
            return error_set(error, ERROR_BAD_DATA, "behind signal %zu: no JSON: %s, line %d",
                             d->count, why.text, why.line);
        if (!add_value(d, value, error)) return false;
    }
    return d->count > 0 || error_set(error, ERROR_BAD_DATA, "no signal in the input");
}

/* Times. */

static void set_time(int64_t *micros, int64_t *second, int64_t value) {
    *micros = value;
    *second = value / MICROS - (value % MICROS < 0);
}

/* Whether the day that ends so is not over: in Kazakhstan it begins earlier than in UTC. */
static bool lasts(int64_t end_s, int64_t now_s) {
    return now_s < end_s && now_s >= calendar_day_start_s((int32_t)(end_s / DAY_S));
}

static void set_times(const struct signal_draft *draft, struct signal *s, int64_t reported_us) {
    const bool today = draft->reported_by_day && lasts(s->reported_at_s, reported_us / MICROS);
    if (draft->reported_now || today) set_time(&s->reported_at_us, &s->reported_at_s, reported_us);
    if (draft->from_reported) set_time(&s->valid_from_us, &s->valid_from_s, s->reported_at_us);
    if (draft->term_s == 0) return;
    s->valid_until_present = true;
    set_time(&s->valid_until_us, &s->valid_until_s, s->valid_from_us + draft->term_s * MICROS);
}

/* Ids. */

/* A UUID of version 8: sixteen bytes of a digest. */
static void name(const uint8_t digest[DIGEST_SIZE], char out[SIGNAL_UUID_SIZE]) {
    uint8_t b[16];
    char hex[33];
    memcpy(b, digest, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x80);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    digest_hex(b, sizeof b, hex);
    snprintf(out, SIGNAL_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

static bool derive_id(struct signal_draft *draft, struct encoder *encoder, struct error *error) {
    struct signal s = draft->signal;
    struct bytes bytes;
    uint8_t digest[DIGEST_SIZE];
    s.signal_id = text_of("");
    set_times(draft, &s, 0);
    if (!encode_signal(encoder, &s, &bytes, error)) return false;
    digest_sha256(bytes.data, bytes.size, digest);
    name(digest, draft->id);
    draft->signal.signal_id = text_of(draft->id);
    return true;
}

bool signal_draft_complete(struct signal_draft *draft, int64_t now_us, struct encoder *encoder,
                           struct error *error) {
    struct signal *s = &draft->signal;
    const char *why = "";
    if (s->signal_id.data == NULL && s->revision > 1)
        return error_set(error, ERROR_BAD_DATA, "a later revision needs its signal_id");
    if (s->revision == 0 && json_object_get(draft->json, "revision") == NULL) s->revision = 1;
    if (s->category.data == NULL) s->category = text_of("");
    if (s->telecom_present && s->telecom_operator.data == NULL) s->telecom_operator = text_of("");
    if (s->signal_id.data == NULL && !derive_id(draft, encoder, error)) return false;
    set_times(draft, s, now_us);
    const enum verdict verdict = signal_admit(s, now_us / MICROS, &why);
    return verdict == VERDICT_ACCEPTED ||
           error_set(error, ERROR_BAD_DATA, "%s: %s", verdict_name(verdict), why);
}

bool signal_draft_says(const struct signal_draft *draft, const struct signal *there,
                       struct encoder *encoder) {
    struct signal s = draft->signal;
    struct bytes ours, theirs;
    struct error error;
    const bool any_time = draft->reported_now || draft->reported_by_day;
    if (draft->from_reported && !any_time)
        set_time(&s.valid_from_us, &s.valid_from_s, s.reported_at_us);
    if (any_time) set_time(&s.reported_at_us, &s.reported_at_s, there->reported_at_us);
    if (draft->from_reported && any_time)
        set_time(&s.valid_from_us, &s.valid_from_s, there->valid_from_us);
    if (draft->term_s != 0)
        set_time(&s.valid_until_us, &s.valid_until_s, s.valid_from_us + draft->term_s * MICROS);
    if (!encode_signal(encoder, &s, &ours, &error)) return false;
    uint8_t *copy = malloc(ours.size);
    assert(copy != NULL && "out of memory");
    memcpy(copy, ours.data, ours.size);
    const bool same = encode_signal(encoder, there, &theirs, &error) && theirs.size == ours.size &&
                      memcmp(copy, theirs.data, ours.size) == 0;
    free(copy);
    return same;
}
