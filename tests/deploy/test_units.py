"""deploy/systemd and the compose file as they are shipped: whole, shut in, and with the settings the program knows."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

import regulars
from core.base.settings import Settings
from tests.kiosk.test_kiosk_machine import need

ROOT = Path(__file__).parents[2]
UNITS, COMPOSE = ROOT / "deploy" / "systemd", ROOT / "deploy" / "compose.yaml"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
SETTINGS = {f"REGULARS_{one.name.upper()}" for one in fields(Settings)} | {"REGULARS_FOLDER"}
SECRETS = {f"REGULARS_{one.name.upper()}_FILE" for one in fields(Settings) if not one.repr}
MOST_EXPOSED = 15
"""Tenths of what `systemd-analyze security` counts; 1.3 as shipped, up to 3 is its OK."""


def installed(folder: Path) -> Path:
    """The units as in /etc/systemd/system, each with its secrets, over a program that is there."""
    for unit in UNITS.iterdir():
        source = unit.read_text("utf-8").replace("/opt/regulars/bin/regulars", "/bin/true")
        for place in [folder] if unit.suffix != ".conf" else [folder / f"{name}.d" for name in SERVICES]:
            place.mkdir(exist_ok=True)
            (place / unit.name).write_text(source, "utf-8")
    return folder


# --- units -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [*SERVICES, "regulars-backup.timer"])
def test_systemd_finds_nothing_wrong_with_a_unit_and_its_secrets(unit: str, tmp_path: Path) -> None:
    need("systemd-analyze")
    path = installed(tmp_path) / unit
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_shut_in(unit: str, tmp_path: Path) -> None:
    need("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager"]
    done = subprocess.run([*command, str(installed(tmp_path) / unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


def test_units_name_settings_and_verbs_of_the_program() -> None:
    text = "\n".join(path.read_text("utf-8") for path in UNITS.iterdir())
    named = set(re.findall(r"(REGULARS_\w+)=", text))
    assert named - SETTINGS == {"REGULARS_SECRET_FILE", "REGULARS_TWILIO_AUTH_TOKEN_FILE"} == named & SECRETS
    assert set(re.findall(r"^ExecStart=\S+ (\w+)", text, re.M)) == {"kiosk", "scheduler", "backup"}
    assert set(re.findall(r"%d/(\w+)", text)) == set(re.findall(r"^LoadCredential=(\w+):", text, re.M))


# --- containers ------------------------------------------------------------------------------------


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["kiosk", "scheduler", "office"])
def test_a_container_may_little_and_starts_what_is_there(name: str) -> None:
    one = compose()["services"][name]
    assert (one["user"], one["read_only"], one["cap_drop"]) == ("regulars", True, ["ALL"])
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["command"][0] in regulars.cli.commands
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", []))
    assert set(one["environment"]) <= SETTINGS | SECRETS
    assert {volume.split(":")[0] for volume in one["volumes"]} == set(compose()["volumes"])
    assert set(one["secrets"]) == set(compose()["secrets"])


def test_the_compose_file_has_no_key_that_compose_does_not_know() -> None:
    known = {"image", "build", "user", "read_only", "tmpfs", "cap_drop", "security_opt", "volumes", "secrets",
             "environment", "command", "restart", "ports", "healthcheck", "stop_grace_period", "profiles",
             "stdin_open", "tty"}  # fmt: skip
    found = compose()
    assert {key for one in found["services"].values() for key in one} <= known
    assert {key for key in found if not key.startswith("x-")} == {"name", "services", "volumes", "secrets"}
    assert set(found["services"]["kiosk"]["healthcheck"]) == {"test", "interval", "timeout", "retries", "start_period"}


def test_the_image_is_built_from_what_is_here_and_by_hashes() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    copied = [word for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.M) for word in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    packed = re.search(r"only-include = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert packed and set(re.findall(r'"([\w.]+)"', packed[1])) <= set(copied)
    assert all("--require-hashes" in line or "--no-deps" in line for line in re.findall(r"pip install .*", text))
    assert text.index("USER regulars") < text.index("ENTRYPOINT")
