"""The command line, the only room that prints.

Results go to stdout, progress and errors to stderr, an error in one line. Exit codes: 0 done,
2 usage or configuration, 3 bad input, 4 model or store of runs, 5 a guard said no, 6 another update
or score is running, 7 the output cannot be written, 130 or 143 stopped by a signal, 141 nobody
reads the result, 99 nothing to do; 1 is a bug of ours.
"""

from churnlab.cli.commands import app, main

__all__ = ["app", "main"]
