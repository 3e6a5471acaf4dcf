"""Folds of the log: what was said about a thing, in the order in which it happened."""
