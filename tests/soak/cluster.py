# SPDX-License-Identifier: Apache-2.0
"""A real Kafka of one or three nodes that can be hurt."""
import os
import signal
import subprocess

from confluent_kafka.admin import AdminClient, NewTopic

import real_kafka as rk

# Transactions and sessions of the broker run out soon after their time, not within its usual 10 s.
SETTINGS = ("transaction.abort.timed.out.transaction.cleanup.interval.ms=500",)


class Cluster(rk.Broker):
    def __init__(self, directory, nodes=1, version=None, port=None):
        super().__init__(directory)
        self.nodes, self.version = nodes, version
        self.port = port or self._free_port()
        self.bootstrap = ",".join(f"127.0.0.1:{self.port + n}" for n in range(nodes))
        self.directory = os.path.join(directory, "kafka")

    def _run(self, node):
        return os.path.join(self.directory, f"node{node}")

    def _spawn(self, node, *args):
        environment = dict(os.environ, KAFKA_RUN=self._run(node), KAFKA_PORT=str(self.port), KAFKA_NODE=str(node),
                           KAFKA_NODES=str(self.nodes), KAFKA_SET=" ".join(SETTINGS))
        if self.version:
            environment["KAFKA_VERSION"] = self.version
        return subprocess.Popen([rk.KAFKA, *args], env=environment, stdout=subprocess.DEVNULL)

    def _all(self, *args):
        for started in [self._spawn(node, *args) for node in self.each()]:
            assert started.wait() == 0, args

    def each(self):
        return range(1, self.nodes + 1)

    def start(self):
        os.makedirs(self.directory, exist_ok=True)
        if self.nodes > 1:  # one of them makes what is shared: the jars, the formatted folder
            assert self._spawn(1, "prepare").wait() == 0
        self._all("start")

    def stop(self, *args):
        self._all("stop", *args)

    def pid(self, node):
        with open(os.path.join(self._run(node), "pid"), encoding="ascii") as file:
            return int(file.read())

    def kill_node(self, node):
        pid = self.pid(node)
        os.kill(pid, signal.SIGKILL)
        rk.until("the node is gone", lambda: self._gone(pid))

    def start_node(self, node):
        assert self._spawn(node, "start").wait() == 0, f"node {node} does not start"

    def freeze(self, node):
        os.kill(self.pid(node), signal.SIGSTOP)

    def thaw(self, node):
        os.kill(self.pid(node), signal.SIGCONT)

    def create(self, **partitions):
        admin = self.admin()
        made = admin.create_topics([NewTopic(name, count, self.nodes) for name, count in partitions.items()])
        for future in made.values():
            future.result(30)
        for node in range(self.nodes):  # each of them must know
            admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{self.port + node}", "log_level": 2})
            for name, count in partitions.items():
                rk.until(f"topic {name}", lambda name=name, count=count, admin=admin: self._leads(admin, name, count))

    def delete(self, *topics):
        admin = self.admin()
        for future in admin.delete_topics(list(topics)).values():
            future.result(30)

    def leader(self, topic, partition):
        return self.admin().list_topics(topic, timeout=10).topics[topic].partitions[partition].leader

    def whole(self):
        """Every replica in sync."""
        found = self.admin().list_topics(timeout=10)
        return len(found.brokers) == self.nodes and all(
            len(p.isrs) == len(p.replicas) and p.leader >= 0
            for topic in found.topics.values() for p in topic.partitions.values())


class Clusters:
    """One at a time; who asks for the same again gets it as it stands."""

    def __init__(self):
        self.cluster = self.kind = None

    def take(self, directory, nodes, version, port):
        if self.kind != (nodes, version):
            self.stop()
            self.cluster, self.kind = Cluster(directory, nodes, version, port), (nodes, version)
            self.cluster.start()
        return self.cluster

    def stop(self):
        if self.cluster is not None:
            self.cluster.stop("--wipe")
        self.cluster = self.kind = None
