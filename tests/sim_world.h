/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated world: one seed, one clock, tasks that take turns, faults that are counted. The clock
 * of the world that was made last is the program's steady clock.
 *
 * Everything that happens is a function of the seed. Each seed draws which kinds of faults it
 * knows and how often they come; a quiet world makes no more of them. */
#pragma once

#include "tests/chance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, how often of 10,000 occasions at the usual rate, what happens) */
#define SIM_FAULTS(X)                                                                              \
    X(crash, 8, "the engine ends between or in calls of its port")                                 \
    X(torn_commit, 200, "the engine ends in the middle of a commit")                               \
    X(fence_refused, 300, "init_transactions fails for good")                                      \
    X(begin_failed, 300, "begin fails")                                                            \
    X(produce_failed, 60, "a message cannot be produced")                                          \
    X(delivery_failed, 400, "a message is not delivered; commit says so and asks for an abort")    \
    X(offsets_abortable, 400, "send_offsets asks for an abort")                                    \
    X(offsets_without_flag, 150, "send_offsets fails with neither flag, done or not")              \
    X(offsets_retried, 200, "send_offsets is retried")                                             \
    X(commit_request_lost, 300, "EndTxn does not arrive, and is retried")                          \
    X(commit_answer_lost, 300, "EndTxn arrives, its answer does not, and it is retried")           \
    X(commit_repeated_late, 300, "a second copy of EndTxn arrives later")                          \
    X(produce_repeated_late, 100, "a second copy of Produce arrives later")                        \
    X(produce_late, 60, "Produce arrives when the client has given it up")                         \
    X(part_repeated_late, 100, "a second copy of AddPartitionsToTxn arrives later")                \
    X(offsets_repeated_late, 300, "a second copy of TxnOffsetCommit arrives later")                \
    X(commit_slow, 200, "commit takes longer than three seconds")                                  \
    X(commit_abortable, 400, "commit asks for an abort")                                           \
    X(commit_without_flag, 200, "commit fails with neither flag, and EndTxn arrives or not")       \
    X(abort_failed, 4000, "abort times out or is refused")                                         \
    X(transaction_outlived, 150, "the broker ends a transaction that stays open too long")         \
    X(partial_poll, 3000, "poll gives some of what is there")                                      \
    X(fetch_delayed, 500, "a fetch is answered late")                                              \
    X(fetch_repeated, 300, "records that were given before come again")                            \
    X(markers_delayed, 1500, "markers come to the partitions one after another, late")             \
    X(partition_down, 1500, "the leader of a partition is away for a while")                       \
    X(coordinator_down, 1000, "the coordinator is away for a while")                               \
    X(cluster_down, 500, "every broker is away for a while")                                       \
    X(freeze, 2500, "an engine does not run for a while, and then goes on")                        \
    X(cut_off, 1500, "an engine does not reach the brokers for a while; another may")              \
    X(successor, 1500, "a second engine starts while the first still runs")                        \
    X(stop, 2000, "an engine is told to stop")                                                     \
    X(neighbour_open, 2500, "another shard leaves a transaction open in the same topics")          \
    X(input_aborted, 800, "a producer of the input aborts its transaction")                        \
    X(input_skips, 800, "offsets of the input are left out")                                       \
    X(input_trimmed, 5000, "the input begins at a later offset than 0")                            \
    X(partition_added, 2000, "the input gets one partition more")                                  \
    X(crash_at_disk, 100, "the engine ends between or in calls of its disk")                       \
    X(power_lost, 5000, "the power fails when the engine ends")                                    \
    X(disk_torn, 0, "what was not synced is lost, cut or spoilt by it")                            \
    X(disk_names_lost, 0, "names that were not synced are as they were before")                    \
    X(disk_lied, 600, "a sync says that it is done, and is not")                                   \
    X(disk_full, 200, "the disk is full")                                                          \
    X(disk_sync_failed, 200, "a sync fails")                                                       \
    X(disk_read_failed, 300, "a read fails")                                                       \
    X(disk_bit_flipped, 300, "a bit of a file is another")

enum sim_fault {
#define X(name, often, text) SIM_##name,
    SIM_FAULTS(X)
#undef X
        SIM_FAULT_COUNT
};

const char *sim_fault_name(enum sim_fault fault);

struct sim_task;

struct sim_world {
    uint64_t seed;
    struct chance chance;
    int64_t now_ms;
    bool quiet;
    uint32_t rates[SIM_FAULT_COUNT]; /* of 10,000 */
    uint64_t injected[SIM_FAULT_COUNT];
    struct sim_task *tasks;
    uint32_t processes;
    uint64_t turns, turns_now; /* all, and since time went on */
    /* The first thing that went wrong; empty: nothing yet. */
    char failure[1024];
};

void sim_world_init(struct sim_world *world, uint64_t seed);
/* True, and counted, when the fault is to happen now. */
bool sim_fault(struct sim_world *world, enum sim_fault fault);
/* Only the first one is kept. */
void sim_fail(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* From low to high, both included. */
int64_t sim_between(struct sim_world *world, int64_t low, int64_t high);

/* Tasks: simulated threads. */

struct sim_task *sim_task_start(struct sim_world *world, void (*run)(void *context), void *context);
/* The one that calls; NULL outside of tasks. */
struct sim_task *sim_task_present(struct sim_world *world);
bool sim_task_ended(const struct sim_task *task);
/* Ended ones only. */
void sim_task_free(struct sim_world *world, struct sim_task *task);
/* The present task sleeps, or until it is woken; outside of tasks nothing happens. */
void sim_sleep(struct sim_world *world, int64_t ms);
void sim_wake(struct sim_task *task);
/* A task and those that it started do not run before `until_ms`, however often they are woken. */
void sim_freeze(struct sim_world *world, const struct sim_task *task, int64_t until_ms);
/* A task that can run, by chance, takes a turn; when there is none, time goes on to the first that
 * can, at most `ms`. */
void sim_turn(struct sim_world *world, int64_t ms);
