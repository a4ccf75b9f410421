#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""whole_page.py PAGE EMPTY…: a page is well formed, its style is the one that its policy allows, and of elements without an end it has
only those named."""

import base64
import hashlib
import html.parser
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    page = file.read()
style = re.search("<style>(.*?)</style>", page, re.S).group(1)
assert "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in page


class Check(html.parser.HTMLParser):
    open_tags = []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br"):
            self.open_tags.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in sys.argv[2:], tag

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag, tag


check = Check()
check.feed(page)
assert check.open_tags == [], check.open_tags
