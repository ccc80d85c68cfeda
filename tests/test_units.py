"""The examples in docs/units: each can be read by what it is for, and maps the exit codes."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

UNITS = Path(__file__).parents[1] / "docs" / "units"
AGAIN, NEVER, FINE = (4, 6, 7), (1, 2, 3, 5), (0, 99)


def stub(folder: Path, codes: str) -> dict[str, str]:
    """An environment whose `churnlab` notes its words and ends with codes in turn, then with 0."""
    (folder / "codes").write_text(codes + "\n")
    (folder / "churnlab").write_text(
        "#!/bin/sh\n"
        f'cd "{folder}"\n'
        'echo "$@" >> calls\n'
        "read -r code rest < codes || code=0\n"
        'echo "$rest" > codes\n'
        'exit "${code:-0}"\n'
    )
    (folder / "churnlab").chmod(0o755)
    return {"PATH": f"{folder}:{os.defpath}", "NIGHT_PAUSE": "0"}


def night(folder: Path, codes: str) -> tuple[int, list[str]]:
    words = ["/bin/sh", str(UNITS / "night.sh"), "c.toml", "2026-03-01"]
    done = subprocess.run(words, env=stub(folder, codes), timeout=60)
    return done.returncode, (folder / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("codes", "code", "commands"),
    [
        ("0 0", 0, "us"),
        ("99 99", 0, "us"),
        ("4 6 7 0 7 0", 0, "uuuuss"),
        *((f"{never} 0", never, "u") for never in NEVER),
        ("0 5", 5, "us"),
        ("143", 143, "u"),
        ("7 7 7 7 7 7 7", 7, "uuuuu"),
    ],
)
def test_the_script_tries_again_where_that_may_help(
    tmp_path: Path, codes: str, code: int, commands: str
) -> None:
    ended, calls = night(tmp_path, codes)
    assert ended == code and "".join(call[0] for call in calls) == commands
    assert calls[0] == "update --day 2026-02-28 --config c.toml"
    assert "s" not in commands or calls[-1] == "score --as-of 2026-03-01 --config c.toml"


def test_the_crontab_has_a_zone_and_one_entry_of_five_fields() -> None:
    lines = (UNITS / "crontab").read_text().splitlines()
    rest = [line for line in lines if line and not line.startswith("#")]
    assert "CRON_TZ=Asia/Shanghai" in rest
    (entry,) = [line for line in rest if "=" not in line.split()[0]]
    assert re.fullmatch(r"30 2 \* \* \* /srv/churnlab/night\.sh \S+", entry)


def unit(name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=True)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(UNITS / name)
    return found


def test_the_service_maps_the_exit_codes(tmp_path: Path) -> None:
    service = unit("churnlab-night.service")["Service"]
    assert service["Restart"] == "on-failure" and service["SuccessExitStatus"] == "99"
    assert tuple(map(int, service["RestartPreventExitStatus"].split())) == NEVER
    assert int(service["TimeoutStopSec"]) >= 5
    line = service["ExecStart"].replace("%%", "%")
    shell, flag, script = re.fullmatch(r"(\S+) (-c) '(.*)'", line).groups()  # type: ignore[union-attr]
    for codes, code, count in (("0 0", 0, 2), ("99 99", 99, 2), ("7 0", 7, 1), ("0 5", 5, 2)):
        (tmp_path / codes).mkdir()
        done = subprocess.run([shell, flag, script], env=stub(tmp_path / codes, codes))
        calls = (tmp_path / codes / "calls").read_text().splitlines()
        assert (done.returncode, len(calls)) == (code, count)
    assert unit("churnlab-night.timer")["Timer"]["Unit"] == "churnlab-night.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in ("churnlab-night.service", "churnlab-night.timer"):
        text = (UNITS / name).read_text().replace("User=churnlab\n", "User=root\n")
        (tmp_path / name).write_text(text)
    words = ["systemd-analyze", "verify", *map(str, tmp_path.glob("churnlab-night.*"))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if "churnlab-night" in line]
    if done.returncode and not said:
        pytest.skip(f"systemd-analyze does not work here: {done.stderr.strip()[:200]}")
    assert said == []
    when = unit("churnlab-night.timer")["Timer"]["OnCalendar"]
    assert (
        subprocess.run(["systemd-analyze", "calendar", when], capture_output=True).returncode == 0
    )


def test_the_dag_maps_the_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (UNITS / "airflow_dag.py").read_text()
    tree = ast.parse(text)
    assert {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)} == {
        "churnlab", "churnlab_night", "update", "score"}  # fmt: skip
    again, never = type("Again", (Exception,), {}), type("Never", (Exception,), {})
    made = {"pendulum": {}, "airflow": {}, "airflow.decorators": {"dag": None, "task": None},
            "airflow.exceptions": {"AirflowException": again, "AirflowFailException": never}}  # fmt: skip
    for name, content in made.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    tree.body = [
        n for n in tree.body if not getattr(n, "decorator_list", ()) and not isinstance(n, ast.Expr)
    ]
    scope: dict = {}
    exec(compile(tree, "airflow_dag.py", "exec"), scope)
    for code in (*FINE, *AGAIN, *NEVER, 143):
        done = subprocess.CompletedProcess([], code)
        monkeypatch.setattr(subprocess, "run", lambda *_, done=done: done)
        if code in FINE:
            scope["churnlab"]("score")
            continue
        with pytest.raises(again if code in AGAIN else never):
            scope["churnlab"]("score")


def test_the_cronjob_maps_the_exit_codes(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((UNITS / "cronjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    spec = job["spec"]["jobTemplate"]["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    rule = spec["podFailurePolicy"]["rules"][0]
    assert rule["action"] == "FailJob" and tuple(rule["onExitCodes"]["values"]) == NEVER
    assert rule["onExitCodes"]["containerName"] == container["name"] and spec["backoffLimit"] > 1
    assert pod["restartPolicy"] == "Never" and pod["enableServiceLinks"] is False
    for codes, code, count in (("0 0", 0, 2), ("99 99", 0, 2), ("4", 4, 1), ("0 7", 7, 2)):
        (tmp_path / codes).mkdir()
        done = subprocess.run(container["command"], env=stub(tmp_path / codes, codes))
        calls = (tmp_path / codes / "calls").read_text().splitlines()
        assert (done.returncode, len(calls)) == (code, count)
