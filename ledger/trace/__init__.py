"""Where goods came from, who else has them, and what should be left: pure functions of a `Book`.

    found = trace(book, goods)                    # back to the sources, forward to every holder
    found = trace(book, goods, at=stall)          # the same, from the goods in one party's hands
    balance(book, party, goods).expected          # what should still be there
    standing_orders(book, goods, party=stall)     # may it go out
    recall_scope(book, recall)                    # who has to be asked, and what is accounted for
    code_state(book, code)                        # the pack in the hand
    sideways(book, party)                         # same phone, same address, same voucher

Nothing in here reads a clock or a table, and nothing writes: the same log size gives the same answer for ever. Whether something
is odd about what was found is for the findings to say.
"""

from ledger.trace.balance import Balance
from ledger.trace.codes import CodeState, CodeStep, code_state
from ledger.trace.edges import Edge, EdgeKind, EdgeState, Holding
from ledger.trace.orders import Order, standing_orders
from ledger.trace.recall import RECALL_LIMITS, RecallHolder, RecallScope, RecallTotals, recall_scope
from ledger.trace.sharing import Shared, SharedVoucher, Sideways, VoucherUse, sideways
from ledger.trace.sheets import BatchView, PartyView, party_view, what_it_was
from ledger.trace.sources import Contradictions, Source
from ledger.trace.succeeding import balance
from ledger.trace.tracing import Holder, Node, Trace, trace
from ledger.trace.walk import TraceLimits

__all__ = [
    "RECALL_LIMITS",
    "Balance",
    "BatchView",
    "CodeState",
    "CodeStep",
    "Contradictions",
    "Edge",
    "EdgeKind",
    "EdgeState",
    "Holder",
    "Holding",
    "Node",
    "Order",
    "PartyView",
    "RecallHolder",
    "RecallScope",
    "RecallTotals",
    "Shared",
    "SharedVoucher",
    "Sideways",
    "Source",
    "Trace",
    "TraceLimits",
    "VoucherUse",
    "balance",
    "code_state",
    "party_view",
    "recall_scope",
    "sideways",
    "standing_orders",
    "trace",
    "what_it_was",
]
