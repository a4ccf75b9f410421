# SPDX-License-Identifier: Apache-2.0
"""The page of `saqshy tune` in a headless Chromium: the figures under the slider are those of `saqshy backtest` with the
policy that the page hands out, it needs no network, the keyboard is enough, axe-core finds nothing, and the committed
page is what its sources build."""
import filecmp
import gzip
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time

from browser import Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SAQSHY, SOURCE_DIR = os.environ["SAQSHY"], os.environ["SOURCE_DIR"]
FROM = "2026-01-03T00:00:00+05:00"
LIMIT = 15  # recommendations a day: some threshold has fewer, some has more
NO_CAP = 2**31 - 1
WEIGHT_MAX = 30_000
DOWNLOAD_SECONDS_MAX = 20


def run(*words):
    return subprocess.run([SAQSHY, *words], check=True, capture_output=True, text=True).stdout


class Feed:
    def __init__(self, directory):
        self.directory = directory
        self.path, self.labels = f"{directory}/feed.avro", f"{directory}/labels.csv"
        run("gen", "--quiet", "--days", "6", "--accounts", "1500", "--droppers", "20", "--out", self.path, "--labels", self.labels)

    def tune(self, name, *words):
        page = f"{self.directory}/{name}.html"
        run("tune", "--quiet", "--input", self.path, "--out", page, *words)
        return page

    def inputs(self):
        """What names the files of a tuning with labels."""
        def named(path):
            with open(path, "rb") as file:
                return {"path": path, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        return {"input": named(self.path), "labels": named(self.labels)}

    def backtest(self, policy):
        """The report with this policy, its caps off as they are on the page."""
        for rule in policy["actions"].values():
            rule["per_hour"] = NO_CAP
        path, out = f"{self.directory}/policy.json", f"{self.directory}/backtest"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(policy, file)
        run("backtest", "--quiet", "--force", "--input", self.path, "--labels", self.labels, "--from", FROM,
            "--policy", path, "--out", out)
        with open(f"{out}/report.json", encoding="utf-8") as file:
            return json.load(file)


class Page:
    def __init__(self, browser, downloads):
        self.browser, self.downloads = browser, downloads

    def find(self, selector):
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def data(self):
        return json.loads(self.browser.js("return document.getElementById('data').textContent"))

    def edge(self):
        return int(self.find("#threshold").get_attribute("value"))

    def set_edge(self, edge):
        self.browser.js(
            "const s = document.getElementById('threshold'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input', { bubbles: true }));", edge)
        self.browser.frame()

    def choose(self, selector, value):
        self.browser.js(
            "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
            "s.dispatchEvent(new Event('change', { bubbles: true }));", selector, value)
        self.browser.frame()

    def figures(self):
        return self.browser.js(
            "return Object.fromEntries([...document.querySelectorAll('.tile')].map("
            "(t) => [t.dataset.figure, t.dataset.value === undefined ? null : Number(t.dataset.value)]))")

    def download(self):
        before = set(os.listdir(self.downloads))
        self.find("#download").click()
        end = time.monotonic() + DOWNLOAD_SECONDS_MAX
        while time.monotonic() < end:
            new = [name for name in set(os.listdir(self.downloads)) - before if name.endswith(".json")]
            if new:
                path = f"{self.downloads}/{new[0]}"
                with open(path, encoding="utf-8") as file:
                    policy = json.load(file)
                return policy, path
            time.sleep(0.05)
        raise AssertionError("the policy was not downloaded")


def same(said, due, what):
    if said is None or due is None:
        assert said == due, f"{what}: the page says {said}, the backtest {due}"
    else:
        assert abs(said - due) < 1e-9 * max(1, abs(due)), f"{what}: the page says {said}, the backtest {due}"


def takes(policy):
    """There is no broker here, so that the whole check does not pass."""
    checked = subprocess.run([SAQSHY, "check", "-X", f"policy.path={policy}"], capture_output=True, text=True, check=False)
    return re.search(r"^ok +policy", checked.stdout, re.M) is not None


def runs(policy, model):
    """An engine takes both as they are."""
    words = ["demo", "--quiet", "--rate", "0", "--accounts", "100", "--days", "1", "-X", f"model.path={model}", "-X", f"policy.path={policy}"]
    return subprocess.run([SAQSHY, *words], capture_output=True, check=False).returncode == 0


def check_figures(page, feed, where):
    said = page.figures()
    policy, path = page.download()
    assert takes(path), "the program takes the policy as it is"
    assert policy["provenance"]["tuned_on"]["inputs"] == feed.inputs(), "the policy names what it was tuned on"
    os.unlink(path)
    report = feed.backtest(policy)
    load, advised = report["load"], report["recommended"]
    due = {
        "a_day": load["recommendations_a_day"], "accounts": load["accounts"], "caught": advised["caught_kzt_minor"],
        "missed": advised["missed_kzt_minor"], "precision": advised["precision"], "recall": advised["recall"],
        "wrong": advised["wrong_freezes"],
    }
    assert said.keys() == due.keys()
    for name, value in due.items():
        same(said[name], value, f"{name} {where}")
    return policy, said


def check_numbers(page, feed):
    data = page.data()
    last = len(data["edges"]) - 1
    assert 500 < last < 1000
    seen = set()
    for action, edges in ((0, (0, last // 3, last // 2, last)), (1, (last // 4, 3 * last // 4)), (2, (last // 5,))):
        page.choose("#action", str(action))
        today = data["edges"].index(data["curves"][action]["threshold"])
        assert page.edge() == today, "an action begins at today's threshold"
        for edge in (*edges, *((today,) if action == 0 else ())):
            page.set_edge(edge)
            policy, said = check_figures(page, feed, f"of {data['curves'][action]['action']} at edge {edge}")
            seen.add(json.dumps(said))
            if edge == today:
                due = {name: rule["probability"] for name, rule in data["document"]["actions"].items()}
                given = {name: rule["probability"] for name, rule in policy["actions"].items()}
                assert given.keys() == due.keys() and all(abs(given[n] - due[n]) < 1e-9 for n in due)
    assert len(seen) >= 7, "the thresholds that were tried differ"


def check_frame(page):
    """The slider is answered before the next frame is drawn: figures, lines and accounts."""
    look = "[document.querySelector('.tile').dataset.value, document.querySelector('.line.chosen').style.transform," \
        " document.querySelector('[data-group=above] tbody tr:last-child code').textContent, document.querySelector('output').textContent]"
    before, after = page.browser.driver.execute_async_script(
        f"const done = arguments[arguments.length - 1], before = {look}, s = document.getElementById('threshold');"
        "s.value = arguments[0]; s.dispatchEvent(new Event('input', { bubbles: true }));"
        f"requestAnimationFrame(() => done([before, {look}]));", 30)
    assert page.edge() == 30
    for was, is_now in zip(before, after, strict=True):
        assert was != is_now, f"still {was}"


def check_pictures(page):
    """What is drawn is what the data says: every corner of the lines of money, and the lines of today and of the choice."""
    data = page.data()
    curve, edges = data["curves"][0], data["edges"]
    page.choose("#action", "0")
    page.set_edge(len(edges) // 3)
    drawn = page.browser.js(
        "const card = [...document.querySelectorAll('.card')].find((c) => c.querySelector('h2').textContent.startsWith('Money caught'));"
        "return { d: [...card.querySelectorAll('path.stroke')].map((p) => p.getAttribute('d')), width: card.querySelector('svg').clientWidth,"
        " chosen: card.querySelector('.line.chosen').style.transform, today: card.querySelector('.line.today').style.transform }")
    caught = [tiyn / 100 for tiyn in curve["caught"]]
    missed = [data["counts"]["received"] / 100 - kzt for kzt in caught]
    top = max(caught + missed) * 1.05
    left, right, low, high = 62, drawn["width"] - 18, 170, 10
    places = [left + (edge - edges[0]) / (edges[-1] - edges[0]) * (right - left) for edge in edges]
    assert len(drawn["d"]) == 2
    for path, values in zip(drawn["d"], (caught, missed), strict=True):
        corners = [tuple(map(float, corner.split())) for corner in path[1:].split("L")]
        heights = [low + value / top * (high - low) for value in values]
        due = [(places[0], heights[0])]
        for i in range(1, len(edges)):  # a step holds its value up to the next edge
            due += [(places[i], heights[i - 1]), (places[i], heights[i])]
        assert len(corners) == len(due)
        assert all(abs(x - dx) < 0.06 and abs(y - dy) < 0.06 for (x, y), (dx, dy) in zip(corners, due, strict=True))
    for name, edge in (("chosen", len(edges) // 3), ("today", edges.index(curve["threshold"]))):
        assert abs(float(re.search(r"[0-9.]+", drawn[name])[0]) - places[edge]) < 1, f"{name}: {drawn[name]}"


def check_click(page):
    """A click on a chart takes the threshold from there."""
    page.set_edge(3)
    picture = page.find(".picture")
    page.browser.js(
        "const box = arguments[0].getBoundingClientRect(), x = box.left + 62 + (box.width - 80) / 2;"
        "arguments[0].dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: x, clientY: box.top + 50 }))", picture)
    page.browser.frame()
    edges = page.data()["edges"]
    middle = (edges[0] + edges[-1]) / 2
    assert abs(edges[page.edge()] - middle) <= min(abs(edge - middle) for edge in edges) + (edges[-1] - edges[0]) / 400


def check_capacity(page):
    data = page.data()
    page.choose("#action", "0")
    days, counts = data["period"]["days"], data["curves"][0]["recommendations"]
    field = page.find("#limit")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(str(LIMIT), Keys.ENTER)
    page.browser.frame()
    edge = page.edge()
    assert max(counts[edge:]) <= LIMIT * days < counts[edge - 1]
    page.choose("#by", "busiest")
    page.find("#apply").click()
    page.browser.frame()
    busiest = data["curves"][0]["busiest"]
    assert max(busiest[page.edge():]) <= LIMIT < busiest[page.edge() - 1]


def focused(page):
    return page.browser.js("const e = document.activeElement; return e.id || e.tagName")


def check_keyboard(page):
    slider = page.find("#threshold")
    page.browser.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    keys = page.browser.driver.switch_to.active_element
    keys.send_keys("t")
    page.browser.frame()
    today = page.edge()
    slider.send_keys(Keys.ARROW_RIGHT)
    page.browser.frame()
    assert page.edge() == today + 1
    said = page.find("#threshold").get_attribute("aria-valuetext")
    slider.send_keys(Keys.PAGE_UP)
    page.browser.frame()
    assert page.edge() > today + 10 and page.find("#threshold").get_attribute("aria-valuetext") != said
    slider.send_keys("t")
    page.browser.frame()
    assert page.edge() == today
    above = page.browser.js("return document.querySelectorAll('[data-group=above] tbody tr').length")
    steps = (("j", above), ("j", above + 1), ("k", above), ("k", above - 1))
    for key, row in steps:
        page.browser.driver.switch_to.active_element.send_keys(key)
        assert focused(page) == f"near-{row}", f"{key}: {focused(page)}"
    reached, seen = [], None
    page.browser.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    while seen != "download" and len(reached) < 20:
        page.browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen = focused(page)
        reached.append(seen)
    for name in ("language", "threshold", "today", "action", "limit", "by", "apply", "download"):
        assert name in reached, f"Tab does not come to {name}: {reached}"


def check_near(page):
    data = page.data()
    edge = len(data["edges"]) // 4
    page.set_edge(edge)
    shown = page.browser.js(
        "return ['above', 'below'].map((g) => [...document.querySelectorAll(`[data-group=${g}] tbody code`)].map((c) => c.textContent))")
    above = [a["token"] for a in data["near"] if a["logit"] >= data["edges"][edge]]
    below = [a["token"] for a in data["near"] if a["logit"] < data["edges"][edge]]
    assert shown == [above[-20:], below[:20]] and len(shown[0]) == 20 == len(shown[1])
    for account in data["near"]:
        assert re.fullmatch(r".{4}….{4}", account["token"]) and len(account["reasons"]) > 0


LOOKS = ((1280, False, "en"), (1280, True, "ru"), (390, False, "kk"))


def check_access(browser, page, path, axe, looks=LOOKS):
    for width, dark, language in looks:
        browser.open(path, width, dark)
        page.choose("#language", language)
        browser.js("for (const d of document.querySelectorAll('details')) d.open = true")
        browser.frame()
        found = browser.violations(axe)
        assert found == [], f"{width} {language}: {found}"
        assert browser.js("return document.documentElement.lang") == language
        overflow = browser.js("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{overflow} pixels stick out at {width}"
        tables, charts = browser.js("return [document.querySelectorAll('details table').length, document.querySelectorAll('.picture').length]")
        assert tables == charts >= 3, "a table under each chart"
        text = browser.js("return document.body.innerText")
        assert not re.search(r"undefined|NaN|\[object", text)


def check_languages(browser, page, path):
    """Every sentence is another one in each language."""
    browser.open(path)
    heads = []
    for language in ("en", "ru", "kk"):
        page.choose("#language", language)
        heads.append(browser.js("return [...document.querySelectorAll('h1, h2, dt, button, summary, footer p:first-child')].map((e) => e.textContent)"))
    for said in zip(*heads, strict=True):
        assert len(set(said)) == 3 or said[0] in ("Model",) or len(set(said)) == 2, said
    assert re.search("[Ѐ-ӿ]", heads[1][0]) and re.search("[ғқңөұүһі]", " ".join(heads[2]))


def check_alone(browser, path):
    """No request, nothing that the policy of the page forbids, and nothing but its own script may run."""
    assert browser.complaints() == []
    assert browser.js("return performance.getEntriesByType('resource').length") == 0
    with open(path, encoding="utf-8") as file:
        html = file.read()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy
    outside = re.findall(r"(?:src|href)=[\"'](?!data:)[^\"']", re.sub(r"<script>.*?</script>", "", html, flags=re.S))
    assert outside == []
    browser.js("const s = document.createElement('script'); s.textContent = 'window.foreign = 1'; document.body.append(s)")
    assert browser.js("return window.foreign") is None
    browser.complaints()


def check_unlabelled(browser, page, path):
    browser.open(path)
    assert page.find("#no-labels").is_displayed()
    assert browser.js("return document.querySelector('#fitted')") is None
    assert set(page.figures()) == {"a_day", "accounts", "held"}
    assert browser.js("return document.querySelectorAll('.picture').length") >= 3
    assert "precision_band" not in json.dumps(page.data())
    assert browser.complaints() == []


def check_fitted(browser, page, path):
    """It is said, in each language, where the model's own data end."""
    browser.open(path)
    assert "such figures promise too much" in page.find("#fitted").text
    said = set()
    for code in ("en", "ru", "kk"):
        page.choose("#language", code)
        said.add(page.find("#fitted").text)
        assert re.search(r"\b0?3[./]0?1[./](20)?26|\b2026-01-03", page.find("#fitted").text), page.find("#fitted").text
    assert len(said) == 3, said
    page.choose("#language", "en")


def fitted_model(directory):
    """The shipped model as if it had been fitted on part of the feed."""
    with open(f"{SOURCE_DIR}/models/shipped-model.json", encoding="utf-8") as file:
        model = json.load(file)
    model["provenance"]["fit_until"] = 1767440000
    path = f"{directory}/fitted.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path


def capped_model(directory):
    """The shipped model, never sure enough for the strongest action, with scores of its training."""
    with open(f"{SOURCE_DIR}/models/shipped-model.json", encoding="utf-8") as file:
        model = json.load(file)
    model["calibration"] = {"type": "table", "points": [[-8, 0.001], [0, 0.5], [1, 0.9]]}
    model["provenance"]["training_scores"] = {"edges": [-3, -1], "rows": [9000, 900, 100], "accounts": 400}
    path = f"{directory}/capped.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return path


def check_never_reached(browser, page, path, model):
    """An action that the model never comes to: said, shown without a mark of today, and left out of what is handed out."""
    shipped = f"{SOURCE_DIR}/models/shipped-policy.json"
    assert not runs(shipped, model), "today's policy is not for this model"
    browser.open(path)
    strongest = "SUSPEND_EBANKING"
    outcome = browser.js("return document.body.innerText")
    assert "left out, never reached: Suspend e-banking" in outcome
    assert len(browser.js("return [...document.querySelectorAll('.mark')]")) == 1
    today = page.figures()
    policy, policy_path = page.download()
    assert strongest not in policy["actions"] and runs(policy_path, model)
    os.unlink(policy_path)
    page.choose("#action", "2")
    assert page.find("#never").is_displayed() and not page.find("#today").is_enabled()
    assert browser.js("return document.querySelectorAll('.mark').length") == 0
    assert browser.js("return [...document.querySelectorAll('.line.today')].every((line) => line.hidden)")
    assert page.edge() == len(page.data()["edges"]) - 1
    assert "(never reached)" in page.find("#action option:checked").text
    said = browser.js("return [...document.querySelectorAll('.tile .small:last-child')].map((e) => e.textContent)")
    assert any(f"{today['accounts']:.0f}" in text for text in said), "today's figures are those of today's policy"
    policy, policy_path = page.download()
    assert strongest in policy["actions"] and runs(policy_path, model)
    os.unlink(policy_path)


def check_drift(browser, path, against):
    browser.open(path)
    note = browser.js("return [...document.querySelectorAll('.card')].find((c) => c.querySelector('h2').textContent.startsWith('Drift')).innerText")
    assert re.search(r"PSI \d+\.\d{3}, bound \d+\.\d{3} \([\d,]+ \+ [\d,]+ accounts\)\. (Above|Below) the bound", note), note
    assert against in note, note


def check_built(directory):
    """The committed page is what its sources build; returns the packages."""
    built = f"{directory}/built"
    modules = subprocess.run([f"{SOURCE_DIR}/detector/pages/build", built], check=True, capture_output=True, text=True).stdout.strip()
    assert filecmp.cmp(f"{built}/tune.html", f"{SOURCE_DIR}/detector/pages/built/tune.html", shallow=False), (
        "detector/pages/built is not what detector/pages/tune builds: ./dev pages")
    with open(f"{built}/tune.html", "rb") as file:
        weight = len(gzip.compress(file.read()))
    assert weight <= WEIGHT_MAX, f"the page without data is {weight} bytes, gzipped"
    return modules


def main():
    with tempfile.TemporaryDirectory() as directory:
        modules = check_built(directory)
        with open(f"{modules}/axe-core/axe.min.js", encoding="utf-8") as file:
            axe = file.read()
        feed = Feed(directory)
        labelled = feed.tune("labelled", "--labels", feed.labels, "--from", FROM)
        unlabelled = feed.tune("unlabelled")
        model = capped_model(directory)
        by_hand = feed.tune("by-hand", "--model", f"{SOURCE_DIR}/tests/models/by-hand.json", "--from", FROM)
        capped = feed.tune("capped", "--labels", feed.labels, "--model", model)
        fitted = feed.tune("fitted", "--labels", feed.labels, "--model", fitted_model(directory), "--from", FROM)
        downloads = f"{directory}/downloads"
        os.mkdir(downloads)
        with Browser(downloads) as browser:
            page = Page(browser, downloads)
            browser.open(labelled)
            check_alone(browser, labelled)
            check_numbers(page, feed)
            check_frame(page)
            check_pictures(page)
            check_click(page)
            check_capacity(page)
            check_keyboard(page)
            check_near(page)
            check_languages(browser, page, labelled)
            check_access(browser, page, labelled, axe)
            check_unlabelled(browser, page, unlabelled)
            check_never_reached(browser, page, capped, model)
            check_fitted(browser, page, fitted)
            check_drift(browser, capped, "as the model’s document has it")
            check_drift(browser, by_hand, "in place of it stand the events before the judged period")
            check_access(browser, page, unlabelled, axe, ((390, True, "en"),))
            check_access(browser, page, capped, axe, ((390, False, "ru"),))
            check_access(browser, page, fitted, axe, ((390, True, "kk"),))
    print("the page says what the backtest says")


main()
