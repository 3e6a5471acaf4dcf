"""The demo: one autumn in a made-up county, told as data and played through the public API.

`parties` says who is in it, the `story_…` modules what they say and when (one a chain), `story` puts the chains in order, `player` founds a
ledger and lets every party post its own records, `answers` asks the five questions an inspector would ask. Everybody and everything in it is
invented; names end in （演示）, credit codes hold DEM, GTINs begin with 952.
"""
