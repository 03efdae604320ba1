"""Writes a folder of CSV tables again as Parquet: to_parquet.py FROM TO.

Row groups of 131,072 rows, Snappy, dictionaries: what most tools write. Instants
become timestamp[ms, UTC] whatever form the text has; money and distances stay
the decimal(18, 2) and int64 that they are. log.textproto is copied.
"""

import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

ROW_GROUP = 131_072
INSTANT = pa.timestamp("ms", tz="UTC")
MONEY = pa.decimal128(18, 2)


def is_instant(column):
    return column.endswith("_at")


def is_money(column):
    return column.startswith("pay_") or column == "customer_total"


def column_type(column, epoch):
    if is_instant(column):
        return pa.int64() if epoch else pa.timestamp("s", tz="UTC")
    if is_money(column):
        return MONEY
    return pa.int64() if column.endswith("_m") else pa.string()


def convert(table, out):
    with open(table, encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    epoch = "EPOCH_SECONDS" in (table.parent / "log.textproto").read_text()
    types = {column: column_type(column, epoch) for column in columns}
    reader = csv.open_csv(
        table,
        read_options=csv.ReadOptions(block_size=16 << 20),
        convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=True))
    schema = pa.schema([(column, INSTANT if is_instant(column) else types[column])
                        for column in columns])
    with parquet.ParquetWriter(out, schema) as writer:
        waiting, rows = [], 0
        for batch in reader:
            arrays = []
            for column, array in zip(columns, batch.columns):
                if is_instant(column) and epoch:
                    array = pc.multiply(array, 1000)
                arrays.append(array.cast(INSTANT) if is_instant(column) else array)
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows += batch.num_rows
            if rows >= ROW_GROUP:
                whole = pa.Table.from_batches(waiting)
                full = rows // ROW_GROUP * ROW_GROUP
                writer.write_table(whole.slice(0, full), row_group_size=ROW_GROUP)
                waiting, rows = whole.slice(full).to_batches(), rows - full
        if rows:
            writer.write_table(pa.Table.from_batches(waiting), row_group_size=ROW_GROUP)


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for table in sorted(source.glob("*.csv")):
        convert(table, target / f"{table.stem}.parquet")
    shutil.copy(source / "log.textproto", target / "log.textproto")


if __name__ == "__main__":
    main()
