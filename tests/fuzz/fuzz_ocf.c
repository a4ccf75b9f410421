/* SPDX-License-Identifier: Apache-2.0 */
/* Property: no container file crashes the reader or the reader of recorded messages, reading ends,
 * and a file read to its end was read whole. Input: a container file; each of its records is taken
 * for one byte. */
#include "detector/broker/recording.h"
#include "schemas/ocf.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool read_to_the_end(const char *path) {
    struct error error = {.text = ""};
    struct ocf_reader *reader = ocf_open(path, &error);
    struct bytes rest = {NULL, 0};
    bool ok = reader != NULL;
    for (uint32_t used = 0; ok && (ok = ocf_next(reader, used, &rest, &error)) && rest.size > 0;)
        used = 1;
    fuzz_must(ok || error.text[0] != '\0', "a refusal without a reason");
    fuzz_must(!ok || ocf_position(reader) == ocf_size(reader), "the file was not read whole");
    ocf_close(reader);
    return ok;
}

static bool read_messages(struct ocf_reader *reader, struct recorded *recorded,
                          struct error *error) {
    struct bytes rest = {NULL, 0};
    struct port_message message;
    int64_t offset;
    uint32_t used = 0;
    while (ocf_next(reader, used, &rest, error)) {
        if (rest.size == 0) return true;
        if (!recorded_read(recorded, rest, &message, &offset, &used)) return false;
        fuzz_must(used > 0 && used <= rest.size, "a message past its block");
    }
    return false;
}

static bool read_recording(const char *path) {
    struct error error = {.text = ""};
    struct ocf_reader *reader = ocf_open(path, &error);
    struct recorded *recorded = recorded_new();
    const bool ok = reader != NULL && recorded != NULL && recording_is(ocf_schema(reader)) &&
                    read_messages(reader, recorded, &error);
    recorded_free(recorded);
    ocf_close(reader);
    return ok;
}

bool fuzz_one(const uint8_t *data, size_t size) {
    char path[64];
    const int file = memfd_create("fuzz_ocf", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size) fuzz_broken("no memory file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const bool read = read_to_the_end(path), loaded = read_recording(path);
    close(file);
    return read || loaded;
}
