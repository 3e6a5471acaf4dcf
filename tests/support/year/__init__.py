"""A year of honest trade, and the contradictions planted in it, written from the knowledge of the trade alone.

    year = year_of_trade(seed=1, scale=0.1)      # plain data: what each party told the ledger, and when
    planted = plant(year, seed=1, count=100)     # contradictions, each with the statements that prove it

`parties` invents who trades, `trade` and its chains what they do, `catalogue` what may contradict itself and why that is not innocent,
`planting` puts it into the year, `telling` turns plain data into records. Nothing here knows a rule of `ledger.findings` or a profile of
a category: whoever writes down what is wrong must not have read how it will be looked for. Only `checking` meets both sides.
"""
