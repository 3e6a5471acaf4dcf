"""A visitor without script: opens pages, fills in the forms it finds there, follows where it is sent.

What a form sends is read from its HTML, as a browser does it: hidden fields, chosen options, checked buttons. A test changes what a person
would change and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from api.deps import DEMO_COOKIE
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from ledger.identifiers import PartyId
    from tests.support.server import Client, Enrolled

REDIRECTS = {302, 303, 307}
#: A page that sends on more often than this goes in a circle.
REDIRECTS_MAX = 4


@dataclass(slots=True)
class WebForm:
    """One form as it stands in a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Forms, texts, links and headings of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[WebForm] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.h1 = ""
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self._select = ""
        self._first_option = False
        self._area = ""
        self._in_h1 = False
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.attributes |= given.keys()
        if tag in {"script", "style"}:
            self._silent = tag
        if tag == "h1":
            self._in_h1 = True
        if "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(WebForm(given.get("action", ""), given.get("method", "get").lower()))
        if self.forms:
            self._field(tag, given, self.forms[-1])

    def _field(self, tag: str, given: dict[str, str], form: WebForm) -> None:
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "input" and kind == "file":
            form.files.append(name)
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            form.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select, self._first_option = name, True
        elif tag == "option" and self._select and (self._first_option or "selected" in given):
            form.fields[self._select] = given.get("value", "")
            self._first_option = False
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "h1":
            self._in_h1 = False
        elif tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        elif not self._silent:
            self.words.append(data)
            if self._in_h1:
                self.h1 += data


@dataclass(slots=True)
class Page:
    """A page as it came."""

    path: str
    answer: httpx.Response
    read: _Reader = field(init=False)

    def __post_init__(self) -> None:
        self.read = _Reader()
        if self.answer.headers.get("content-type", "").startswith("text/html"):
            self.read.feed(self.answer.text)

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        """What a person reads, with single spaces."""
        return " ".join(" ".join(self.read.words).split())

    @property
    def html(self) -> str:
        return self.answer.text

    def form(self, action: str) -> WebForm:
        """The form that leads there."""
        found = [form for form in self.read.forms if form.action == action]
        assert found, f"no form leads to {action}; there are {[form.action for form in self.read.forms]}"
        return found[0]

    def fields(self, action: str) -> dict[str, str]:
        """What the form would send."""
        return dict(self.form(action).fields)


@dataclass(slots=True)
class Visitor:
    """Somebody with a browser: a party by its key, a demo visitor by the cookie, or the public."""

    client: Client
    key: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "zh-CN"

    @classmethod
    def of(cls, client: Client, who: Enrolled) -> Visitor:
        """A party that signs in with its key."""
        return cls(client, key=who.key)

    @classmethod
    def posing(cls, client: Client, party: PartyId) -> Visitor:
        """A visitor of the demo who chose to be this party."""
        return cls(client, cookies={DEMO_COOKIE: str(party)})

    def open(self, path: str) -> Page:
        """A page, wherever it sends on to."""
        return self._followed(path, self._send("GET", path))

    def submit(
        self,
        page: Page,
        action: str,
        changes: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Page:
        """Send the page's form with these fields changed."""
        form = page.form(action)
        values = form.fields | dict(changes or {})
        unknown = set(files or {}) - set(form.files)
        assert not unknown, f"the form takes no file {unknown}"
        if form.method == "get":
            return self.open(f"{action}?{urlencode(values)}")
        answer = self._send("POST", action, data=values, files=files)
        return self._followed(action, answer)

    def _followed(self, path: str, answer: httpx.Response) -> Page:
        for _ in range(REDIRECTS_MAX):
            if answer.status_code not in REDIRECTS:
                return Page(path, answer)
            to = urlsplit(urljoin(f"{BASE_URL}{path}", answer.headers["location"]))
            assert f"{to.scheme}://{to.netloc}" == BASE_URL, f"sent away to {answer.headers['location']}"
            path = to.path + (f"?{to.query}" if to.query else "")
            answer = self._send("GET", path)
        raise AssertionError(f"{path} sends on and on")

    def _send(
        self,
        method: str,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Response:
        headers = {"accept": "text/html", "accept-language": self.language}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers |= {"origin": BASE_URL, "sec-fetch-site": "same-origin"}
        return self.client.send(method, path, data=data, files=files, key=self.key, headers=headers)
