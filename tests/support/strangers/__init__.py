"""What strangers try: another tenant of the same server, a guesser of codes, a reader of the public log."""
