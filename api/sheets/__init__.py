"""Spreadsheets first: what a clerk has in Excel becomes records, all of them or none.

    kinds       what can be entered in bulk, and the columns of each: from the records' own models and the profile of the category
    columns     a column: its headings in both languages, what its cells hold; which column of a file is which
    cells       one cell as a value of a record, or a refusal that says what came and what was expected
    reading     a file's rows, gathered into documents (the lines of one slip are one shipment)
    known       goods and parties as a clerk calls them, found among the records
    bodies      a document as the records it asks for, under ids that are the same each time it is sent
    checking    the dry run: every document read, drafted, held against the gate and against what was recorded before
    template    the empty sheet, with its explanations
    marked      the same file back, with what is wrong in its cells
    jobs        long work that goes on while nobody waits for it, in durable steps

The file itself is opened in a child process (`scanner.sheets`). Pages and the API for programs lie in `api.pages.sheets` and
`api.routes.sheets`.
"""
