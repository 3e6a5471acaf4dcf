"""One request of one actor, and the server that answers it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from api.app import create_app
from api.deps import SESSION_COOKIE
from api.settings import Settings
from tests.authorisation.requests import REQUESTS
from tests.authorisation.world import build, come_in
from tests.integration.pages.browsing import Visitor
from tests.support.server import BASE_URL, Clock, client_of, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tests.authorisation.world import World
    from tests.support.server import Client

#: The page with a form, and where the form leads.
FORMS: Final = {
    "batch": ("/my/batches/new", "/my/batches"),
    "declared": ("/my/deliveries/new", "/my/deliveries"),
    "offer": ("/my/deliveries/{offer}", "/my/deliveries/{offer}"),
    "shipment": ("/my/shipments/new", "/my/shipments"),
    "grant": ("/entries/{shipment}/grant", "/entries/{shipment}/grant"),
    "answer": ("/my/findings/answer?kind={kind}&subject={subject}", "/my/findings/answer"),
}
_OUR_PAGE: Final = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}


def status(client: Client, world: World, address: str, actor: str) -> int:
    """What this actor gets at this address."""
    method = address.partition(" ")[0]
    who = world.actors[actor]
    ask = REQUESTS[address](world, who)
    headers = {
        **who.headers,
        **_OUR_PAGE,
        "accept": "text/html" if not ask.path.startswith("/api/") else "*/*",
    }
    if ask.media_type:
        headers["content-type"] = ask.media_type
    if ask.json is not None:
        answer = client.post(ask.path, json=ask.json, headers=headers)
    else:
        files = None if ask.file is None else {"photo": ("label.png", ask.file, "image/png")}
        answer = client.send(
            method, ask.path, content=ask.content, data=ask.form, files=files, headers=headers
        )
    if address.endswith("/sign-out") and actor != "ended_session" and who.person:
        come_in(world, who)
    return answer.status_code


@contextmanager
def serving(folder: Path) -> Iterator[tuple[FastAPI, Client, World]]:
    """The application over a world of its own."""
    with make_ledger(folder, Clock()) as ledger:
        world = build(ledger)
        settings = Settings(base_url=BASE_URL, data=folder, limits=False, print_loopback=True)
        app = create_app(ledger, settings)
        with client_of(app) as client:
            _open_forms(client, world)
            label = client.get(
                f"/api/v1/codes/{world.own_batch.batch_code}/label.png", headers=world.actors["clerk"].headers
            )
            world.label = label.content
            yield app, client, world


def _open_forms(client: Client, world: World) -> None:
    token = world.actors["owner_a"].headers["cookie"].partition("=")[2]
    visitor = Visitor(client, cookies={SESSION_COOKIE: token})
    names = {
        "offer": world.ids["offer"],
        "shipment": world.at["shipment"],
        "kind": world.finding[0],
        "subject": world.finding[1],
    }
    for name, (page, action) in FORMS.items():
        opened = visitor.open(page.format(**names))
        assert opened.status == 200, (name, opened.status, opened.text[:300])
        world.forms[name] = opened.fields(action.format(**names))
