/* SPDX-License-Identifier: Apache-2.0 */
/* Property: no container file crashes the reader or the loader of recordings, reading ends, and a
 * file read to its end was read whole.
 * Input: a container file; each of its records is taken for one byte. */
#include "detector/recording.h"
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

static bool load(const char *path) {
    struct error error = {.text = ""};
    struct memory_port *memory = memory_port_open();
    const bool ok = recording_load(path, memory, 1, &error);
    fuzz_must(ok || error.text[0] != '\0', "a refusal without a reason");
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
    return ok;
}

bool fuzz_one(const uint8_t *data, size_t size) {
    char path[64];
    const int file = memfd_create("fuzz_ocf", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size) fuzz_broken("no memory file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const bool read = read_to_the_end(path), loaded = load(path);
    close(file);
    return read || loaded;
}
