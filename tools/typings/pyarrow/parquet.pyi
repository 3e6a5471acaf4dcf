"""Reading and writing Parquet."""

from collections.abc import Sequence

from pyarrow import BufferOutputStream, BufferReader, Table

def write_table(
    table: Table, where: BufferOutputStream, *, row_group_size: int, compression: str, version: str
) -> None: ...
def read_table(
    source: BufferReader,
    *,
    columns: Sequence[str],
    filters: Sequence[Sequence[tuple[str, str, object]]] | None = None,
) -> Table: ...
