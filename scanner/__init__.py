"""Printed codes: what a text says (`codes`), what a label shows (`labels`), what a photo holds (`photo`)."""
