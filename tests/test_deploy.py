# SPDX-License-Identifier: Apache-2.0
"""What can be known of deploy/ without systemd or a container engine running it."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import yaml

SAQSHY = os.environ["SAQSHY"]
SOURCE_DIR = os.environ["SOURCE_DIR"]
BUILD_DIR = os.environ["BUILD_DIR"]


def text_of(*path):
    with open(os.path.join(SOURCE_DIR, *path), encoding="utf-8") as file:
        return file.read()


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exit_statuses():
    rows = re.findall(r"X\(([A-Z_]+), (\d+)\)", text_of("detector", "base", "error.h"))
    return {name: int(status) for name, status in rows}


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.text = text_of("deploy", "Dockerfile")
        lists = re.findall(r"--no-install-recommends (.*?)&&", self.text, re.DOTALL)
        self.build, self.runtime = (set(re.findall(r"[\w.+-]+", one)) for one in lists)

    def test_builds_with_the_packages_of_dev(self):
        dev = re.search(r'^build_packages="(.*?)"', text_of("dev"), re.DOTALL | re.MULTILINE)
        self.assertEqual(self.build, set(dev.group(1).split()))

    def test_holds_every_library_that_the_program_links_and_no_other(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", output_of("readelf", "-d", SAQSHY))
        paths = dict(re.findall(r"^\s*(\S+) => (\S+)", output_of("ldd", SAQSHY), re.MULTILINE))
        owners = set()
        for library in needed:
            owners.add(self.owner(os.path.realpath(paths[library])))
        self.assertEqual(self.runtime - {"ca-certificates"}, owners - {"libc6"})

    @staticmethod
    def owner(path):
        for spelling in (path, path.removeprefix("/usr"), "/usr" + path):
            found = subprocess.run(["dpkg", "-S", spelling], check=False, capture_output=True,
                                   text=True)
            if found.returncode == 0:
                return found.stdout.split(":")[0]
        raise AssertionError(f"no package owns {path}")

    def test_is_not_root(self):
        self.assertRegex(self.text, r"(?m)^USER [1-9]\d*:[1-9]\d*$")

    def test_its_health_check_tells_a_running_service_from_none(self):
        check = json.loads(re.search(r"HEALTHCHECK.*\n\s+CMD (\[.*\])", self.text).group(1))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        check = [part.replace("9464", port) for part in check]
        self.assertNotEqual(subprocess.run(check, check=False, capture_output=True).returncode, 0)
        service = subprocess.Popen([SAQSHY, "run", "-X", "bootstrap.servers=127.0.0.1:1", "-X",
                                    "http.port=" + port], stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while subprocess.run(check, check=False, capture_output=True).returncode != 0:
                self.assertIsNone(service.poll())
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
        finally:
            service.kill()
            service.wait()


class Compose(unittest.TestCase):
    def setUp(self):
        self.services = yaml.safe_load(text_of("deploy", "compose.yaml"))["services"]

    def test_runs_the_kafka_that_the_tests_run(self):
        pinned = re.search(r"<kafka.version>(.*)</kafka.version>",
                           text_of("tests", "kafka", "pom.xml")).group(1)
        for name in ("kafka", "topics"):
            self.assertEqual(self.services[name]["image"], "apache/kafka:" + pinned)

    def test_makes_every_topic_that_the_program_asks_for(self):
        asked = re.findall(r"`topic\.[a-z.]+` \| `(\S+)`", output_of(SAQSHY, "docs", "configuration"))
        made = re.findall(r"^make (\S+)", self.services["topics"]["command"][0], re.MULTILINE)
        self.assertEqual(sorted(made), sorted(asked))

    def test_waits_for_what_it_starts(self):
        for service in self.services.values():
            self.assertLessEqual(set(service.get("depends_on", {})), set(self.services))

    def test_gives_the_program_variables_that_it_knows(self):
        environment = dict(os.environ, **self.services["saqshy"]["environment"])
        environment["SAQSHY_BOOTSTRAP_SERVERS"] = ""
        checked = subprocess.run([SAQSHY, "check"], env=environment, check=False,
                                 capture_output=True, text=True)
        self.assertIn("ok       configuration", checked.stdout)

    def test_its_shell_lines_are_shell(self):
        script = self.services["topics"]["command"][0].replace("$$", "$")
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


class Unit(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(BUILD_DIR, "deploy", "saqshy.service"), encoding="utf-8") as file:
            self.text = file.read()
        self.settings = re.findall(r"(?m)^([A-Za-z]+)=(.*)$", self.text)

    def value(self, key):
        return [value for name, value in self.settings if name == key]

    def test_does_not_start_again_where_that_would_not_help(self):
        statuses = exit_statuses()
        lasting = ("USAGE", "BAD_DATA", "INPUT_GONE", "FENCED", "DENIED", "CONFIG")
        self.assertEqual(self.value("RestartPreventExitStatus"),
                         [" ".join(str(statuses[name]) for name in lasting)])
        self.assertEqual(self.value("SuccessExitStatus"), [str(statuses["INTERRUPTED"])])

    def test_gives_the_engine_its_rights_and_no_more(self):
        for key, value in (("Type", "notify"), ("DynamicUser", "yes"), ("NoNewPrivileges", "yes"),
                           ("ProtectSystem", "strict"), ("MemoryDenyWriteExecute", "yes"),
                           ("CapabilityBoundingSet", "")):
            self.assertEqual(self.value(key), [value])

    def test_systemd_has_nothing_to_say_where_there_is_one(self):
        if shutil.which("systemd-analyze") is None:
            self.assertTrue(self.settings)
            return
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "saqshy.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=" + SAQSHY, self.text))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", path], check=False,
                                      capture_output=True, text=True)
            said = [line for line in verified.stderr.splitlines() if "saqshy" in line]
            self.assertEqual((verified.returncode, said), (0, []))


if __name__ == "__main__":
    unittest.main()
