"""The same names, from the module that SQLAlchemy is handed."""

from sqlite3.dbapi2 import *
