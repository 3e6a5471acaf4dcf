# The letters that look like each letter: {"c": the other letter, "n": its name in Unicode}.
confusables_data: dict[str, list[dict[str, str]]]
