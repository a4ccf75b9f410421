/* SPDX-License-Identifier: Apache-2.0 */
/* What the topic of signals says in all: every record judged by the table that the engine has
 * (detector/signals.h), but for terms, and of each signal the revision that counts. For tools. */
#pragma once

#include "detector/port.h"
#include "detector/signal_read.h"
#include "detector/signals.h"

struct signal_entry {
    char *id;
    uint8_t *value; /* framed, of the revision that counts */
    uint32_t size;
    bool withdrawn;
    int32_t partition;
    int64_t offset, timestamp_ms;
};

/* A record that was read. */
struct signal_seen {
    const struct signal *signal; /* NULL: it cannot be used */
    enum verdict verdict;
    const char *why;           /* it cannot be used */
    enum signal_effect effect; /* else */
    int32_t partition;
    const struct port_record *record;
};

struct signal_book;

struct signal_book_options {
    const char *topic, *schema_dir;
    uint32_t value_bytes_max;
    int64_t until_us; /* records that report later are passed over; 0: none is */
    /* Called for each record that is not passed over, in the order of its partition. May
     * be NULL. */
    void (*seen)(void *context, const struct signal_seen *seen);
    void *context;
};

struct signal_book *signal_book_open(const struct signal_book_options *options,
                                     struct error *error);
void signal_book_close(struct signal_book *book);
/* Reads the topic to its end as it is now; assigns the port's consumer. */
bool signal_book_read(struct signal_book *book, struct port *port, struct error *error);
/* A record as if it came next from the topic; borrowed. ERROR_FAILED: there are too many signals.
 */
bool signal_book_take_record(struct signal_book *book, int32_t partition,
                             const struct port_record *record, struct error *error);
/* Signals of a file: a container file of signals of any writer whose schema binds, a recording that
 * holds records of `topic` (one without any is fine), or JSON as `saqshy signal ls --json --full`
 * prints it. *records: how many it held. ERROR_IO, ERROR_BAD_DATA. */
bool signal_book_load(struct signal_book *book, const char *path, const char *topic,
                      uint64_t *records, struct error *error);
/* NULL: none of that id. */
const struct signal_entry *signal_book_find(const struct signal_book *book, struct text id);
/* The id of the first withdrawal by this one's source of what it withdraws; NULL: there is none.
 * The book's. */
const char *signal_book_withdrawal(const struct signal_book *book, const struct signal *withdrawal);
/* Of an entry's value; texts are borrowed from it. */
void signal_book_signal(const struct signal_book *book, const struct signal_entry *entry,
                        struct signal *signal);
/* What signal_read says of a value, its moment left out: ACCEPTED, or why the engine would not take
 * it; *why may be `text`. */
enum verdict signal_book_judge(const struct signal_book *book, struct bytes value,
                               char text[VERDICT_WHY_SIZE], const char **why);
size_t signal_book_count(const struct signal_book *book);
const struct signal_entry *signal_book_at(const struct signal_book *book, size_t index);
uint64_t signal_book_useless(const struct signal_book *book); /* records that cannot be used */
/* As if the signal were read as the next record. */
enum signal_effect signal_book_take(struct signal_book *book, const struct signal *signal,
                                    struct bytes value);
