/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/bell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool bell_open(struct bell *bell) {
    *bell = (struct bell){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    return bell->fd >= 0;
}

void bell_close(struct bell *bell) {
    if (bell->fd >= 0) close(bell->fd);
    bell->fd = -1;
}

/* Either the ringer sees that the other sleeps, or the other sees the ring before it does: both
 * write first and read then, in one order for all. */
void bell_ring(struct bell *bell) {
    const uint64_t one = 1;
    atomic_fetch_add(&bell->rung, 1);
    if (!atomic_load(&bell->asleep) || !atomic_exchange(&bell->asleep, false)) return;
    if (write(bell->fd, &one, sizeof one) < 0) return;
}

void bell_wait(struct bell *bell, int timeout_ms) {
    struct pollfd descriptor = {.fd = bell->fd, .events = POLLIN};
    uint64_t drained;
    atomic_store(&bell->asleep, true);
    if (atomic_load(&bell->rung) == bell->heard && poll(&descriptor, 1, timeout_ms) > 0)
        if (read(bell->fd, &drained, sizeof drained) < 0) drained = 0;
    atomic_store(&bell->asleep, false);
    bell->heard = atomic_load(&bell->rung);
}
