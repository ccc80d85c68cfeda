"""The same numbers on Spark: the two kernels inside mapInArrow."""
