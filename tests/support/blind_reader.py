"""A child in the place of the first reader that sees no code in any picture."""

from __future__ import annotations

import json
import sys

if __name__ == "__main__":
    sys.stdin.buffer.read()
    sys.stdout.write(json.dumps({"refused": "no_code"}))
