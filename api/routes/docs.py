"""The API's own description as plain pages, made on the server from the OpenAPI document: no script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.deps import needs
from api.problems import PROBLEM_PAGE, status_of
from ledger.errors import Refusal, Words

router = APIRouter(include_in_schema=False, dependencies=[needs("read_public")])

Schema = Mapping[str, object]
_SCHEMAS: Final = "#/components/schemas/"
_BRIEFLY: Final = {"Cache-Control": "public, max-age=60"}


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Every address and every body."""
    app: FastAPI = request.app
    document: Schema = app.openapi()
    parts = [
        f"<p>{_text(_object(document, 'info').get('description'))}</p>",
        f'<p><a href="/openapi.json">openapi.json</a> · <a href="{PROBLEM_PAGE}">错误一览 · problems</a></p>',
        "<h2>地址 · Addresses</h2>",
    ]
    for path, methods in _object(document, "paths").items():
        for method, operation in methods.items() if isinstance(methods, Mapping) else ():
            parts.extend(_operation(str(method).upper(), path, operation))
    parts.append("<h2>内容 · Bodies</h2>")
    for name, schema in sorted(_object(_object(document, "components"), "schemas").items()):
        parts.extend(_schema(name, schema if isinstance(schema, Mapping) else {}))
    return _page("API", parts)


@router.get(PROBLEM_PAGE)
def problems() -> HTMLResponse:
    """Every way this server says no, with its status."""
    rows = []
    for kind in sorted(_refusals(Refusal), key=lambda one: one.__name__):
        nothing = Words(zh="", en="")
        status = status_of(kind(field="", came="", expected=nothing), reading=False)
        name = kind.__name__
        rows.append(
            f'<tr id="{name}"><th>{name}</th><td>{status}</td>'
            f"<td>{escape(kind.title.zh)}<br>{escape(kind.title.en)}</td><td>{_text(kind.__doc__)}</td></tr>"
        )
    table = "<table><tr><th>name</th><th>status</th><th>title</th><th></th></tr>" + "".join(rows) + "</table>"
    return _page("错误 · Problems", [table])


def _page(title: str, parts: Sequence[str]) -> HTMLResponse:
    body = "\n".join(parts)
    html = (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)} · 溯源 Suyuan</title><link rel="stylesheet" href="/static/site.css"></head>\n'
        f"<body><main><h1>{escape(title)}</h1>\n{body}\n</main></body></html>\n"
    )
    return HTMLResponse(html, headers=_BRIEFLY)


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"<h3><code>{method} {escape(path)}</code></h3><p>{_text(operation.get('summary'))}</p>"
    yield f"<p>{_text(operation.get('description'))}</p>"
    parameters = [one for one in _list(operation, "parameters") if isinstance(one, Mapping)]
    if parameters:
        cells = (
            f"<li><code>{_text(one.get('name'))}</code> {_kind(_object(one, 'schema'))} {_text(one.get('description'))}</li>"
            for one in parameters
        )
        yield f"<ul>{''.join(cells)}</ul>"
    content = _object(_object(operation, "requestBody"), "content")
    for media_type, sent in content.items():
        schema = _object(sent, "schema") if isinstance(sent, Mapping) else {}
        yield f"<p><code>{escape(media_type)}</code>: {_kind(schema)}</p>"


def _schema(name: str, schema: Schema) -> Iterator[str]:
    properties = _object(schema, "properties")
    if not properties:
        return
    required = set(_list(schema, "required"))
    yield f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3><p>{_text(schema.get("description"))}</p><table>'
    for field, inner in properties.items():
        mark = "必填 · required" if field in required else ""
        described = inner if isinstance(inner, Mapping) else {}
        yield f"<tr><th><code>{escape(field)}</code></th><td>{_kind(described)}</td><td>{mark}</td><td>{_text(described.get('description'))}</td></tr>"
    yield "</table>"


def _kind(schema: Schema) -> str:
    """A schema in a few words, with a link to what it is made of."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = escape(reference.removeprefix(_SCHEMAS))
        return f'<a href="#{name}">{name}</a>'
    for several in ("oneOf", "anyOf", "allOf"):
        choices = [
            one for one in _list(schema, several) if isinstance(one, Mapping) and one.get("type") != "null"
        ]
        if choices:
            return " | ".join(map(_kind, choices))
    values = _list(schema, "enum")
    if values:
        return " | ".join(f"<code>{_text(value)}</code>" for value in values)
    if schema.get("type") == "array":
        return f"[ {_kind(_object(schema, 'items'))} ]"
    if schema.get("properties"):
        fields = ", ".join(
            f"{escape(name)}: {_kind(inner)}"
            for name, inner in _object(schema, "properties").items()
            if isinstance(inner, Mapping)
        )
        return f"{{ {fields} }}"
    example = next(iter(_list(schema, "examples")), None)
    shown = f" <code>{_text(example)}</code>" if example is not None else ""
    return f"{_text(schema.get('type') or schema.get('const') or 'any')}{shown}"


def _refusals(kind: type[Refusal]) -> set[type[Refusal]]:
    return {kind}.union(*(_refusals(one) for one in kind.__subclasses__()))


def _object(schema: Schema, name: str) -> Schema:
    inner = schema.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _list(schema: Schema, name: str) -> Sequence[object]:
    inner = schema.get(name)
    return inner if isinstance(inner, Sequence) and not isinstance(inner, str) else ()


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))
