"""The same numbers on Spark: the two kernels inside mapInArrow.

Events are shuffled once, by person. Every task then has all events of its people and works with
the code and the kernels of one machine (`worker.py`), so the numbers are the same to the bit,
whatever the number of partitions. Before that, one pass over the log counts what no partition can
know: its first and last day, the event names, and the rows to set aside. That one row comes to the
driver; everything else is lazy. Spark's Python workers need churnlab installed: PYSPARK_PYTHON
names their Python.
"""
