"""Who may come in: people and machines, their sign-in, their keys for the API. What anybody may *say* is the gate's matter.

Accounts are how this server runs, no part of the log: a stranger who checks the log needs none of them, and a stolen one forges no
statement of whoever signs for himself.
"""
