"""The addresses of the API, a module a kind of reader. Routes hold no rules and never commit."""
