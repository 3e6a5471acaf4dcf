"""Ways in and out for other people's formats: EPCIS documents, exported logs, tables."""
