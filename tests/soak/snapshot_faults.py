# SPDX-License-Identifier: Apache-2.0
"""What is done to the snapshots of a run: files spoilt between two starts, disks that take nothing, an engine that dies
while it writes, names or loads one. What each start makes of them is checked after the run (trial.py)."""
import contextlib
import os
import shutil
import signal
import subprocess
import time

import real_kafka as rk
import shelf
from faults import KILLED, Fault, KilledAt, Succeeded, replace


class SnapshotFault(Fault):
    kind = "snapshot"
    seconds = 4.0

    def until_there(self, run):
        """Two of them, and as many copies."""
        run.until_share(run.share_of(self.number))
        for directory in filter(None, (run.shelf.directory, run.shelf.copies)):
            rk.until("two snapshots", lambda directory=directory: run.alive() or len(run.shelf.paths(directory)) > 1, 30)

    def end_engine(self, run):
        """Cleanly, which takes a last snapshot, or not."""
        if run.random.random() < 0.5:
            run.stop()
            return
        run.engine.signal(signal.SIGKILL)
        run.must_end(run.engine, KILLED)

    def happen(self, run, number):
        self.number = number
        self.until_there(run)
        self.end_engine(run)
        self.hurt(run, number)

    def hurt(self, run, number):
        """With no engine at work."""
        raise NotImplementedError


# Files.

def flip_newest(run):
    run.shelf.flip(run.shelf.paths()[0], run.random)


def cut_newest(run):
    run.shelf.cut(run.shelf.paths()[0], run.random)


def remove_newest(run):
    os.unlink(run.shelf.paths()[0])


def spoil_newest(run):
    run.shelf.garbage(run.shelf.paths()[0], run.random)


def put_newer_garbage(run):
    run.shelf.garbage(run.shelf.newer_name(), run.random)


def put_older(run):
    """The older one's bytes under the newest one's name: what is in a file counts, not its name."""
    newest, older = run.shelf.paths()[:2]
    run.shelf.write(newest, shelf.read(older), good=run.shelf.is_good(older))


def put_foreign(run):
    run.shelf.write(run.shelf.newer_name(), run.soak.foreign_snapshot(run.shelf))


def spoil_every(run):
    for path in run.shelf.every():
        run.random.choice((run.shelf.flip, run.shelf.cut))(path, run.random)


def lose_directory(run):
    run.shelf.lose_directory()


def litter(run):
    """What is no snapshot, and half of one, as a crash leaves it."""
    whole = shelf.read(run.shelf.paths()[0])
    for name in (os.path.basename(run.shelf.newer_name()) + ".part", f"{run.shelf.shard}-x.snapshot", "notes.txt"):
        with open(os.path.join(run.shelf.directory, name), "wb") as file:
            file.write(whole[:len(whole) // 2])


class Spoilt(SnapshotFault):
    def __init__(self, name, spoil):
        super().__init__(name)
        self.spoil = spoil

    def hurt(self, run, number):
        self.spoil(run)
        run.mark()
        run.start_engine()
        run.engine.until_live()
        replace(run, number)


# Disks.

@contextlib.contextmanager
def small_disk(directory, size):
    """A file system of so many bytes, where one may be mounted; else what a file may have of it at most."""
    os.makedirs(directory)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "saqshy-soak", directory],
                             capture_output=True, check=False).returncode == 0
    try:
        yield {} if mounted else {"file_bytes_max": size // 3}
    finally:
        if mounted:
            subprocess.run(["umount", "-l", directory], check=True)


class FullDisk(SnapshotFault):
    """Room for one and a half: each try fails, the engine goes on, and the one that is there is loaded."""

    seconds = 6.0

    def __init__(self):
        super().__init__("snapshot disk full")

    def hurt(self, run, number):
        usual = run.shelf
        good = next((path for path in usual.paths() if usual.is_good(path)), None)
        content = shelf.read(good or usual.paths()[0])
        run.shelf = shelf.Shelf(usual.shard, os.path.join(run.directory, f"small-{number}"))
        with small_disk(run.shelf.directory, len(content) * 3 // 2) as limits:
            run.shelf.write(os.path.join(run.shelf.directory, os.path.basename(good or usual.paths()[0])), content,
                            good=good is not None)
            run.mark()
            for ending in (signal.SIGKILL, signal.SIGTERM):
                run.start_engine(**limits)
                run.engine.until_live()
                run.engine.until_said("event=snapshot_failed")
                run.until_commit(time.time())
                run.engine.signal(ending)
                run.must_end(run.engine, 0 if ending == signal.SIGTERM else KILLED)
            kept = [path for path in run.shelf.paths() if os.path.getsize(path) == len(content)]
            assert kept, "a full disk took the snapshot that was there"
        run.shelf = usual
        run.start_next(number)


class ReadOnly(SnapshotFault):
    def __init__(self, name, copies):
        super().__init__(name)
        self.copies = copies

    def hurt(self, run, number):
        if self.copies and run.shelf.copies is None:
            run.shelf.copies = os.path.join(run.directory, "copies")
            shutil.copytree(run.shelf.directory, run.shelf.copies)
            run.shelf.adopt_copies()
        directory = run.shelf.copies if self.copies else run.shelf.directory
        os.chmod(directory, 0o500)
        run.mark()
        run.start_engine(obeys_modes=True)
        run.engine.until_said("event=snapshot_not_copied" if self.copies else "event=snapshot_failed")
        run.until_commit(time.time())
        self.end_engine(run)
        os.chmod(directory, 0o700)
        run.start_next(number)


class FailsOnce(Fault):
    """A call of the disk fails: said, and the next snapshot is taken."""

    kind = "snapshot"
    seconds = 4.0

    def __init__(self, call, most):
        super().__init__(f"disk: {call} fails")
        self.call, self.most = call, most

    def arm(self, random):
        return f"disk.{self.call}.before:{random.randint(1, self.most)}:FAIL"

    def happen(self, run, number):
        run.engine.until_said("event=failpoint")
        run.mark()
        said = run.engine.said
        rk.until("the failure is told", lambda: run.alive() or "event=snapshot_failed" in said() or
                 "event=snapshot_not_copied" in said(), 30)
        run.engine.until_said("event=snapshot name=", said().count("event=snapshot name=") + 1)
        replace(run, number)


# Death.

class KilledLoading(SnapshotFault):
    def __init__(self):
        super().__init__("SIGKILL while a snapshot is loaded")

    def hurt(self, run, number):
        killed = run.start_engine(f"disk.read.before:{run.random.randint(1, 4)}:KILL")
        run.must_end(killed, KILLED)
        run.mark()
        run.start_next(number)


def of_snapshots(fault):
    fault.kind, fault.seconds = "snapshot", max(fault.seconds, 4.0)
    return fault


PLACES = {"create.after": 3, "append.before": 30, "append.after": 30, "sync.before": 3, "sync.after": 3,
          "rename.before": 3, "rename.after": 3, "sync_names.after": 3, "remove.before": 2, "remove.after": 2}
EVERY = [
    *(of_snapshots(KilledAt(f"disk.{place}", most)) for place, most in PLACES.items()), KilledLoading(),
    of_snapshots(Succeeded("disk.append.after", 30)), of_snapshots(Succeeded("disk.rename.before", 3)),
    Spoilt("snapshot flipped", flip_newest), Spoilt("snapshot cut short", cut_newest),
    Spoilt("snapshot removed", remove_newest), Spoilt("snapshot turned to garbage", spoil_newest),
    Spoilt("garbage under a newer name", put_newer_garbage), Spoilt("older snapshot under the newest's name", put_older),
    Spoilt("snapshot of another shard", put_foreign), Spoilt("every snapshot and copy spoilt", spoil_every),
    Spoilt("snapshot directory lost", lose_directory), Spoilt("litter beside the snapshots", litter),
    FullDisk(), ReadOnly("snapshot directory read-only", False), ReadOnly("copy directory read-only", True),
    FailsOnce("append", 30), FailsOnce("sync", 3), FailsOnce("rename", 3)]
