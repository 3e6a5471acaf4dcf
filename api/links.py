"""Where things stand on this server: the page of goods, their label, a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, StatementId

#: The consumer's page of some goods has the path of the goods' code, below this.
PAGE: Final = "/p"
API: Final = "/api/v1"


def code_path(goods: GoodsId) -> str | None:
    """The path a label's code leads to: `/c/{batch code}` or `/01/{gtin}/10/{batch}`; None for goods named by somebody else."""
    if (code := goods.batch_code) is not None:
        return f"/c/{code}"
    if (link := goods.digital_link) is not None:
        return link.path()
    return None


def goods_page(goods: GoodsId) -> str:
    """The path of the page about these goods."""
    path = code_path(goods)
    return f"{PAGE}{path}" if path is not None else f"{PAGE}/?goods={quote(str(goods), safe='')}"


def label(goods: GoodsId) -> str | None:
    """The path of the label picture; None for goods that are not named by a code of ours or GS1's."""
    if (code := goods.batch_code) is not None:
        return f"{API}/codes/{code}/label.png"
    if goods.digital_link is not None:
        return f"{API}/goods-label?goods={quote(str(goods), safe='')}"
    return None


def statement(statement_id: StatementId) -> str:
    """The path of a record."""
    return f"{API}/statements/{statement_id}"
