"""What the clerk's console is divided into. Every page of it shows the list beside the work (`console.html`)."""

from __future__ import annotations

from typing import Final

#: The areas of the console, in groups, each with its address and the key of its name.
AREAS: Final = (
    (
        "papers_area_do",
        (
            ("/my/deliveries", "do_accept"),
            ("/my/deliveries/new", "do_farmer"),
            ("/my/shipments/new", "do_ship"),
            ("/my/batches/new", "do_batch"),
        ),
    ),
    (
        "papers_area_papers",
        (
            ("/my/parties", "papers_parties"),
            ("/my/files", "papers_files"),
            ("/my/licences", "papers_licences"),
            ("/my/documents", "papers_documents"),
            ("/my/checks", "papers_checks"),
            ("/my/products", "papers_products"),
            ("/my/code-heads", "heads_title"),
            ("/my/sites", "papers_sites"),
        ),
    ),
    (
        "papers_area_goods",
        (
            ("/my/batches", "papers_batches"),
            ("/my/codes", "papers_codes"),
            ("/my/stock", "papers_stock"),
            ("/my/shipments", "papers_shipments"),
            ("/my/labels", "papers_labels"),
            ("/my/links", "links_title"),
            ("/my/recalls", "papers_recalls"),
        ),
    ),
    (
        "papers_area_office",
        (
            ("/my/findings", "my_findings_title"),
            ("/my/sheets", "papers_sheets"),
            ("/my/grants", "grants_title"),
            ("/people", "papers_people"),
            ("/account", "nav_account"),
        ),
    ),
)
