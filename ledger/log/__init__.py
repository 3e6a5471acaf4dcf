"""The transparency log: hashing, proving and signing, in the C2SP formats that other people's tools check.

    sizes         positions and tree sizes, which are not the same number
    strict        decimal numbers and base64 with exactly one spelling
    merkle        leaf and node hashes, the right edge of a growing tree     RFC 6962
    tiles         the tree as rows of 256 hashes, entries as bundles         c2sp.org/tlog-tiles
    proof         inclusion, consistency, the offline `.tlog-proof` file     RFC 9162, c2sp.org/tlog-proof
    note          text with signature lines, public and secret keys          c2sp.org/signed-note
    checkpoint    what a log says about itself: origin, size, root           c2sp.org/tlog-checkpoint

All of it takes bytes and numbers and returns values: no file, no clock, no table, no network. The same code
runs in the server, in the offline checker and in the tests. What an entry means, who may write one and where
the rows are kept are other people's business (`ledger.statement`, `ledger.gate`, `ledger.store`).
"""
