# SPDX-License-Identifier: Apache-2.0
"""The snapshots of a run as files: which there are, how they are spoilt, and which of them a start has to take.

What a start does is foretold from the names alone and from what was done to the files: nothing of the program reads
them here."""
import os
import re
import shutil

NAME = re.compile(r"^(.+)-(\d{6,})-(\d{12,})\.snapshot$")


class Shelf:
    """`snapshot.dir` and, where there is one, `snapshot.copy.dir`."""

    def __init__(self, shard, directory, copies=None):
        self.shard, self.directory, self.copies = shard, directory, copies
        self.spoilt = {}  # path: what the file was when it was spoilt

    def options(self):
        return {"snapshot_dir": self.directory, "snapshot_copy_dir": self.copies, "snapshot_interval_s": "1"}

    @staticmethod
    def _state(path):
        found = os.stat(path)
        return found.st_ino, found.st_mtime_ns, found.st_size

    def paths(self, directory=None):
        """The newest first."""
        directory, found = directory or self.directory, []
        for name in os.listdir(directory) if os.path.isdir(directory) else ():
            match = NAME.match(name)
            if match is not None and match[1] == self.shard:
                found.append((int(match[2]), int(match[3]), os.path.join(directory, name)))
        return [path for _, _, path in sorted(found, reverse=True)]

    def every(self):
        return self.paths() + (self.paths(self.copies) if self.copies else [])

    def is_good(self, path):
        return self.spoilt.get(path) != self._state(path)

    def label(self, path):
        return ("" if os.path.dirname(path) == self.directory else "copy of ") + os.path.basename(path)

    def foretold(self):
        """(the label of the one that is loaded or None, the labels of those refused before it)."""
        refused = []
        for path in sorted(self.every(), key=lambda p: (self._order(p), os.path.dirname(p) == self.directory),
                           reverse=True):
            if self.is_good(path):
                return self.label(path), refused
            refused.append(self.label(path))
        return None, refused

    @staticmethod
    def _order(path):
        match = NAME.match(os.path.basename(path))
        return int(match[2]), int(match[3])

    # Harm.

    def write(self, path, content, good=False):
        """A new file of that name; the engine may have the old one open."""
        if os.path.exists(path):
            os.unlink(path)
        with open(path, "wb") as file:
            file.write(content)
        if not good:
            self.spoilt[path] = self._state(path)

    def flip(self, path, random):
        content = bytearray(read(path))
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        self.write(path, bytes(content))

    def cut(self, path, random):
        content = read(path)
        self.write(path, content[:random.randrange(len(content))])

    def garbage(self, path, random):
        self.write(path, random.randbytes(random.randrange(200_000)))

    def newer_name(self):
        """As a snapshot far ahead of the order log would be called."""
        epoch, sequence = self._order(self.paths()[0])
        return os.path.join(self.directory, f"{self.shard}-{epoch:06}-{sequence + 1000:012}.snapshot")

    def remove_every(self):
        for path in self.every():
            os.unlink(path)

    def adopt_copies(self):
        """The directory was copied as it is."""
        for path in self.paths():
            if not self.is_good(path):
                copy = os.path.join(self.copies, os.path.basename(path))
                self.spoilt[copy] = self._state(copy)

    def lose_directory(self):
        shutil.rmtree(self.directory)


def read(path):
    with open(path, "rb") as file:
        return file.read()


# What an engine says.

EVENT = re.compile(r'event=(live|restored|snapshot_refused|snapshot)\b(?: name=(?:"([^"]*)"|(\S+)))?')


def starts(lines):
    """Each time that it became live: (what was restored for it or None, what was refused before that, whether the
    process had loaded or taken one already)."""
    out, restored, refused, has, had = [], None, [], False, False
    for event, quoted, _plain in filter(None, (EVENT.search(line) and EVENT.search(line).groups() for line in lines)):
        if event == "restored":
            restored, has = quoted, True
        elif event == "snapshot_refused":
            refused.append(quoted)
        elif event == "snapshot":
            has = had = True
        else:
            out.append((restored, refused, had))
            restored, refused, had = None, [], has
    return out
