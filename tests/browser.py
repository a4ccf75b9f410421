# SPDX-License-Identifier: Apache-2.0
"""Debian's headless Chromium, for tests of pages."""
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FRAME = "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(done));"


class Browser:
    def __init__(self, downloads):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "lang=en"):
            options.add_argument(f"--{flag}")
        options.add_experimental_option("prefs", {"download.default_directory": downloads})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, path, width=1280, dark=False):
        self.resize(width)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(f"file://{path}")

    def resize(self, width):
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def frame(self):
        """Until what was changed has been drawn."""
        self.driver.execute_async_script(FRAME)

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def violations(self, axe_source):
        """What axe-core has against the page as it is."""
        self.js(axe_source)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; axe.run().then((r) => done(r.violations));"
        )
        return [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found]
