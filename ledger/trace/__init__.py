"""PLACEHOLDER until the trace helper writes this file: overwrite it."""


def standing_orders(book, goods, *, party=None):
    return ()
