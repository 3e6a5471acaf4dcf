# What we use of confusable-homoglyphs, which brings no types.
