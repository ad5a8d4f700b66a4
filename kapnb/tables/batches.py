"""Tables beyond one machine: cases as Arrow record batches, for whatever engine hands them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kapnb.engine.edition import Edition
from kapnb.tables.assess import RESULTS, assess_table

if TYPE_CHECKING:
    import pyarrow as pa


def judge_batches(batches: Iterable[pa.RecordBatch], edition: Edition | None = None) -> Iterator[pa.RecordBatch]:
    """Assess cases batch by batch; nothing is held beyond the batch at hand.

    Args:
        batches: with a column for each question that is recorded, as text or dictionary; null means not recorded. Other columns go
            along as they are.
        edition: as of :func:`assess_table`.

    Yields:
        Each batch with the columns of :func:`assess_table` after its own, as text.

    Raises:
        CaseTableError: listing every cell of a batch that holds anything but an option or nothing.
    """
    import pyarrow as pa  # an extra that no page needs

    for batch in batches:
        told = assess_table(batch.to_pandas(), edition)
        added = [pa.array(told[name].astype(object), pa.string()) for name in RESULTS]
        schema = pa.schema([*batch.schema, *(pa.field(name, pa.string()) for name in RESULTS)])
        yield pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)
