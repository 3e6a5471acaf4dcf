"""pysqlite3 carries no types: it is the standard library's sqlite3 under another name."""

from pysqlite3.dbapi2 import *
