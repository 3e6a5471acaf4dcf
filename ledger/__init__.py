"""The ledger: what was said, kept so that nobody can change it unseen, and what follows from it."""
