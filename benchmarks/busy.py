"""A whole task, from events to predictions of both targets and a refit, idle and beside others.

    python benchmarks/busy.py [--tasks ../shared/tasks] [--task online_retail] [--busy 1 2]

Each run is a process of its own: first on the idle machine, then beside so many processes that
never rest. It prints seconds, processor seconds, and the ratio to the idle run. `--spin` shows what
the wait of OpenMP's threads is worth: they spin, as without churnlab, on all cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MACHINE = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
WHOLE_TASK = """
import json, resource, runpy, sys, time
from pathlib import Path
begin = time.perf_counter()
import churnlab as cl
run = runpy.run_path(sys.argv[1])
data, rows = run["dataset"](Path(sys.argv[2]), sys.argv[3])
train, test = run["parts"](data, rows)
for kind, target in ((cl.ChurnClassifier, "churned"), (cl.LTVRegressor, "ltv")):
    if target in data.labels:
        model = kind().fit(train.X, train.y(target))
        model.predict(test.X)
        model.refit(data.X, data.y(target))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.perf_counter() - begin, used.ru_utime + used.ru_stime]))
"""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that never rest."""
    running = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def whole_task(tasks: Path, task: str, spin: bool) -> tuple[float, float]:
    """Seconds and processor seconds of a task in a new process."""
    environment = {k: v for k, v in os.environ.items() if k not in MACHINE}
    if spin:
        cores = str(os.cpu_count() or 1)
        environment |= {"OMP_NUM_THREADS": cores, "GOMP_SPINCOUNT": "300000"}
    script = str(ROOT / "experiments" / "public_tasks" / "run.py")
    ran = subprocess.run(
        [sys.executable, "-c", WHOLE_TASK, script, str(tasks), task],
        env=environment | {"PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, used = json.loads(ran.stdout)
    return seconds, used


def main() -> None:
    """Read the arguments, run the task beside 0, 1, … busy processes, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=ROOT.parent / "shared" / "tasks")
    parser.add_argument("--task", default="online_retail")
    parser.add_argument("--busy", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--spin", action="store_true", help="threads spin, on all cores")
    given = parser.parse_args()
    if not (given.tasks / given.task).is_dir():
        sys.exit(f"no task {given.task} in {given.tasks}; give their folder with --tasks")
    print("| busy processes | seconds | processor seconds | ratio to idle |\n|---|---|---|---|")
    idle = None
    for processes in (0, *given.busy):
        with busy(processes):
            seconds, used = whole_task(given.tasks, given.task, given.spin)
        idle = idle or seconds
        print(f"| {processes} | {seconds:.1f} | {used:.1f} | {seconds / idle:.2f} |", flush=True)


if __name__ == "__main__":
    main()
