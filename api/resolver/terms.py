"""The words of GS1's Web Vocabulary that this resolver speaks."""

from __future__ import annotations

from typing import Final

#: Where the link types are defined, and how they are called for short.
VOCABULARY: Final = "https://ref.gs1.org/voc/"
PREFIX: Final = "gs1:"
#: Spellings of the same that are in use.
_NAMESPACES: Final = (
    VOCABULARY,
    "http://ref.gs1.org/voc/",
    "https://gs1.org/voc/",
    "http://gs1.org/voc/",
    "https://www.gs1.org/voc/",
    "http://www.gs1.org/voc/",
    PREFIX,
)

DEFAULT: Final = "defaultLink"
TRACEABILITY: Final = "traceability"
RECALL_STATUS: Final = "recallStatus"
VERIFICATION: Final = "verificationService"
EPCIS: Final = "epcis"
#: No link type, but the list of all links. `all` is how it was called before 2024.
LINKSETS: Final = frozenset({"linkset", "all"})

LINKSET_TYPE: Final = "application/linkset+json"
JSON_LD_TYPE: Final = "application/ld+json"
JSON_TYPE: Final = "application/json"
#: Where the context lies that makes JSON-LD of a linkset, and the relation that leads to it (RFC 9264 7.2; JSON-LD 1.1, 6.1).
CONTEXT_PATH: Final = "/gs1/linkset-context.jsonld"
CONTEXT_RELATION: Final = "http://www.w3.org/ns/json-ld#context"


def link_type_of(text: str) -> str:
    """A link type by its own name, however it was written: `gs1:pip`, `https://ref.gs1.org/voc/pip`, `pip`."""
    for namespace in _NAMESPACES:
        if text.startswith(namespace):
            return text.removeprefix(namespace)
    return text
