"""What we use of axe-playwright-python, which says no types of its own."""
