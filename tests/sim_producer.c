/* SPDX-License-Identifier: Apache-2.0 */
/* The producer of the simulated port: takes the shard over, renews itself and judges what fails as
 * detector/broker/kafka_producer.c does. */
#include "tests/sim_port_internal.h"

#include <assert.h>
#include <string.h>

enum {
    DELIVERY_MS = 9000, /* a message is given up */
    LATE_MS = 8000,     /* a copy of a request arrives */
};

static int64_t late_ms(struct sim_port *p) {
    return sim_port_now(p) + sim_between(p->world, 1, LATE_MS);
}

static enum port_status failed(enum port_status status, struct error *error, const char *why) {
    error_set(error, ERROR_UNAVAILABLE, "%s", why);
    return status;
}

static enum port_status stopped(struct error *error) {
    sim_port_interrupted(error);
    return PORT_STOPPED;
}

/* Requests: nothing arrives of one that is cut off. */

static enum sim_answer send(struct sim_port *p, const struct port_position *positions,
                            size_t count) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    return sim_cluster_send_offsets(p->cluster, p->producer, p->instance, positions, count);
}

static enum sim_answer finish(struct sim_port *p, bool commit) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    return sim_cluster_finish(p->cluster, p->producer, commit);
}

static enum sim_answer init(struct sim_port *p) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    return sim_cluster_init(p->cluster, p->id, p->instance, p->timeout_ms, &p->producer);
}

/* The shard. */

/* A time-out that the broker ended looks like another engine. */
static enum port_status fenced(struct sim_port *p, struct error *error) {
    if (sim_port_now(p) - p->begun_ms >= p->timeout_ms)
        return failed(PORT_REBUILD, error, "the transaction was open for too long");
    p->shut_out = sim_cluster_initialiser(p->cluster, p->id) != p->instance ||
                  sim_cluster_timed_out(p->cluster, p->producer);
    return failed(PORT_FENCED, error, "a producer of a newer epoch is there");
}

static bool new_producer(struct sim_port *p, struct error *error) {
    p->sent = p->doubtful = p->undelivered = false;
    p->sequence_count = 0;
    p->begun_ms = sim_port_now(p);
    if (sim_fault(p->world, SIM_fence_refused))
        return error_set(error, ERROR_UNAVAILABLE, "init_transactions is refused");
    while (init(p) != SIM_DONE)
        if (!sim_port_pause(p, SIM_RETRY_MS)) return sim_port_interrupted(error);
    return sim_port_enter(p) || sim_port_interrupted(error);
}

bool sim_producer_fence(struct port *port, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    if (p->shut_out) sim_fail(p->world, "an engine that was fenced takes the shard back");
    const bool had_shard = p->has_shard;
    for (;;) {
        if (had_shard && !sim_claim_holds(p, error)) return false;
        p->has_shard = false;
        if (!new_producer(p, error)) return false;
        const enum port_status status = sim_claim(p, error);
        if (status == PORT_OK) {
            p->looked_ms = sim_port_now(p);
            p->has_shard = true;
            return true;
        }
        if (status == PORT_FENCED) error->code = ERROR_FENCED;
        if (error->code != ERROR_UNAVAILABLE) return false;
        if (!sim_port_pause(p, SIM_RETRY_MS)) return sim_port_interrupted(error);
    }
}

/* The state stands where the last commit left it, unless somebody came between. Before the new
 * epoch: he is shut out, and leaves the shard to who claims it now; after it: he has it, and the
 * claim is refused. */
static enum port_status renew(struct sim_port *p, struct error *error) {
    const bool held = sim_claim_holds(p, error);
    if (!held && error->code == ERROR_FENCED) return PORT_FENCED;
    if (held && new_producer(p, error) && sim_claim_holds(p, error)) return PORT_OK;
    if (error->code == ERROR_INTERRUPTED) return PORT_STOPPED;
    if (error->code != ERROR_FENCED) return PORT_REBUILD;
    p->shut_out = false;
    const enum port_status status = sim_claim(p, error);
    return status == PORT_OK ? PORT_REBUILD : status;
}

/* Transactions. */

enum port_status sim_producer_begin(struct port *port, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return stopped(error);
    if (p->doubtful) {
        const enum port_status status = renew(p, error);
        if (status != PORT_OK) return status;
    }
    if (sim_fault(p->world, SIM_begin_failed)) return failed(PORT_REBUILD, error, "begin failed");
    p->begun_ms = p->looked_ms = sim_port_now(p);
    p->sent = p->undelivered = false;
    return PORT_OK;
}

static struct sim_sequence *sequence_of(struct sim_port *p, const struct port_message *message) {
    struct sim_sequence *s = p->sequences;
    for (; s < p->sequences + p->sequence_count; s++)
        if (s->partition == message->partition && strcmp(s->topic, message->topic) == 0) return s;
    assert(p->sequence_count < sizeof p->sequences / sizeof *p->sequences);
    p->sequence_count++;
    *s = (struct sim_sequence){.partition = message->partition};
    assert(strlen(message->topic) < sizeof s->topic);
    memcpy(s->topic, message->topic, strlen(message->topic) + 1);
    return s;
}

/* One try. */
static enum sim_answer try_produce(struct sim_port *p, const struct port_message *message,
                                   int64_t sequence) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    if (sim_fault(p->world, SIM_part_repeated_late))
        sim_cluster_add_part_later(p->cluster, p->producer, message, late_ms(p));
    if (sim_fault(p->world, SIM_produce_repeated_late))
        sim_cluster_produce_later(p->cluster, p->producer, message, sequence, late_ms(p));
    return sim_cluster_produce(p->cluster, p->producer, message, sequence);
}

/* The client retries by itself; what it cannot deliver shows at the commit, and nothing behind it
 * is sent. */
enum port_status sim_producer_produce(struct port *port, const struct port_message *message,
                                      struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return stopped(error);
    if (sim_fault(p->world, SIM_produce_failed))
        return chance_is(&p->world->chance, 50)
                   ? failed(PORT_ABORT, error, "produce asks for an abort")
                   : failed(PORT_REBUILD, error, "produce failed");
    if (p->undelivered) return PORT_OK;
    const int64_t sequence = sequence_of(p, message)->next++;
    const int64_t until_ms = sim_port_now(p) + DELIVERY_MS;
    if (sim_fault(p->world, SIM_produce_late)) {
        sim_cluster_produce_later(p->cluster, p->producer, message, sequence, late_ms(p));
        p->undelivered = true;
        return PORT_OK;
    }
    enum sim_answer answer;
    while ((answer = try_produce(p, message, sequence)) != SIM_DONE) {
        if (answer == SIM_FENCED || sim_port_now(p) > until_ms) {
            p->undelivered = true;
            return PORT_OK;
        }
        if (!sim_port_pause(p, 20)) return stopped(error);
    }
    p->sent = true;
    return PORT_OK;
}

/* A request that failed may have been done. */
static void by_chance_send(struct sim_port *p, const struct port_position *positions,
                           size_t count) {
    if (chance_is(&p->world->chance, 50) && send(p, positions, count) == SIM_DONE) p->sent = true;
}

/* Faults of send_offsets that end it; PORT_OK: none. */
static enum port_status break_offsets(struct sim_port *p, const struct port_position *positions,
                                      size_t count, struct error *error) {
    if (sim_fault(p->world, SIM_transaction_outlived)) sim_sleep(p->world, p->timeout_ms + 500);
    if (sim_fault(p->world, SIM_offsets_abortable)) {
        by_chance_send(p, positions, count);
        return failed(PORT_ABORT, error, "send_offsets asks for an abort");
    }
    if (sim_fault(p->world, SIM_offsets_without_flag)) {
        by_chance_send(p, positions, count);
        return failed(PORT_REBUILD, error, "send_offsets failed");
    }
    if (sim_fault(p->world, SIM_offsets_retried)) {
        by_chance_send(p, positions, count);
        p->doubtful = true;
        if (!sim_port_pause(p, SIM_RETRY_MS)) return stopped(error);
    }
    if (sim_fault(p->world, SIM_offsets_repeated_late)) {
        p->doubtful = true;
        sim_cluster_send_offsets_later(p->cluster, p->producer, p->instance, positions, count,
                                       late_ms(p));
    }
    return PORT_OK;
}

enum port_status sim_producer_send_offsets(struct port *port, const struct port_position *positions,
                                           size_t count, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return stopped(error);
    for (size_t i = 0; i < count; i++)
        if (positions[i].offset < 0) sim_fail(p->world, "an offset below 0 is committed");
    const enum port_status broken = break_offsets(p, positions, count, error);
    if (broken != PORT_OK) return broken;
    enum sim_answer answer;
    while ((answer = send(p, positions, count)) != SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        p->doubtful |= answer == SIM_AWAY;
        if (!sim_port_pause(p, SIM_RETRY_MS)) return stopped(error);
    }
    p->sent = true;
    return PORT_OK;
}

/* A request without an answer: it arrives, arrives later or never. */
static void finish_by_chance(struct sim_port *p, bool commit) {
    if (sim_port_is_cut_off(p)) return;
    switch (chance_below(&p->world->chance, 3)) {
    case 0:
        sim_cluster_finish(p->cluster, p->producer, commit);
        break;
    case 1:
        sim_cluster_finish_later(p->cluster, p->producer, commit, late_ms(p));
        break;
    default:
        break;
    }
}

/* Faults of a commit that end it; PORT_OK: none. */
static enum port_status break_commit(struct sim_port *p, struct error *error) {
    p->undelivered |= sim_fault(p->world, SIM_delivery_failed);
    if (p->undelivered) return failed(PORT_ABORT, error, "a message was not delivered");
    if (sim_fault(p->world, SIM_commit_abortable))
        return failed(PORT_ABORT, error, "commit asks for an abort");
    if (sim_fault(p->world, SIM_torn_commit)) {
        finish_by_chance(p, true);
        p->dead = true;
        return stopped(error);
    }
    if (sim_fault(p->world, SIM_commit_without_flag)) {
        finish_by_chance(p, true);
        return failed(PORT_REBUILD, error, "commit failed");
    }
    return PORT_OK;
}

/* One try. CONCURRENT and AWAY: to be tried again. */
static enum sim_answer try_commit(struct sim_port *p) {
    if (sim_fault(p->world, SIM_commit_request_lost)) return SIM_AWAY;
    if (!sim_port_is_cut_off(p) && sim_fault(p->world, SIM_commit_repeated_late)) {
        p->doubtful = true;
        sim_cluster_finish_later(p->cluster, p->producer, true, late_ms(p));
    }
    const enum sim_answer answer = finish(p, true);
    return answer == SIM_DONE && sim_fault(p->world, SIM_commit_answer_lost) ? SIM_AWAY : answer;
}

enum port_status sim_producer_commit(struct port *port, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return stopped(error);
    const enum port_status broken = break_commit(p, error);
    if (broken != PORT_OK) return broken;
    const int64_t started_ms = sim_port_now(p);
    if (sim_fault(p->world, SIM_commit_slow)) sim_sleep(p->world, SIM_SLOW_MS + 100);
    enum sim_answer answer;
    while ((answer = try_commit(p)) != SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        if (answer == SIM_INVALID) return failed(PORT_REBUILD, error, "INVALID_TXN_STATE");
        p->doubtful |= answer == SIM_AWAY;
        if (!sim_port_pause(p, SIM_RETRY_MS)) return stopped(error);
    }
    p->doubtful |= sim_port_now(p) - started_ms > SIM_SLOW_MS;
    return sim_port_enter(p) ? PORT_OK : stopped(error);
}

enum port_status sim_producer_commit_again(struct sim_port *p,
                                           const struct port_position *positions, size_t count,
                                           struct error *error) {
    enum sim_answer answer = send(p, positions, count);
    if (!sim_port_enter(p)) return stopped(error);
    if (answer == SIM_DONE) answer = try_commit(p);
    if (!sim_port_enter(p)) return stopped(error);
    if (answer == SIM_FENCED) return fenced(p, error);
    return answer == SIM_DONE ? PORT_OK : failed(PORT_REBUILD, error, "taking the shard over");
}

/* Where a message was not delivered nothing is asked of the coordinator: as kafka_abort. */
enum port_status sim_producer_abort(struct port *port, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return stopped(error);
    if (p->undelivered) return failed(PORT_REBUILD, error, "abort: messages were not delivered");
    if (sim_fault(p->world, SIM_abort_failed)) {
        finish_by_chance(p, false);
        return failed(PORT_REBUILD, error, "abort failed");
    }
    if (!p->sent) return PORT_OK;
    enum sim_answer answer;
    while ((answer = finish(p, false)) != SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        if (answer != SIM_CONCURRENT) return failed(PORT_REBUILD, error, "abort failed");
        if (!sim_port_pause(p, SIM_RETRY_MS)) return stopped(error);
    }
    return sim_port_enter(p) ? PORT_OK : stopped(error);
}
