"""Where bytes are kept: tables, engines, the book in the database, and views kept in step. All SQL of the ledger is in here or in the recorder."""
