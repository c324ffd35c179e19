"""Writes the pages of docs that list all there is of a kind, in both languages: `python -m tests.house.references`.

Commands with their flags, rules of the shop, jobs, rights and scopes, operations of the API. Each is made from the
table the product itself works by, so that a page names neither more nor less.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

import scheduler
from core.base import access
from core.base.i18n import Text, use
from core.base.settings import Settings
from core.books import rules
from core.people.devices import SCOPES
from kiosk import app as door
from kiosk.api import door as api
from kiosk.api import examples, reading
from tui.screens import apikeys, jobs, jobtimes
from tui.screens.rulewords import CHOICES, RULES, value_said

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = {"en": "Made by `python -m tests.house.references`.", "zh": "由 `python -m tests.house.references` 生成。"}
PAGES = ("commands", "rules", "jobs", "rights", "operations")
WORDS = {
    ("commands", "en"): ("All commands", "What `regulars` can be asked, with every flag; `--help` behind any of them"
                         " says the same. Exit codes: 0 done, 1 refused, 2 wrong use."),
    ("commands", "zh"): ("全部命令", "`regulars` 的所有命令和参数，与命令后加 `--help` 所示相同。"
                         "退出码：0 完成，1 被拒绝，2 用法有误。"),
    ("rules", "en"): ("All rules of the shop", "Settings (`ctrl+g`), Shop rules, or `regulars rule set NAME VALUE`."
                      " There money is typed in cents and percentages in hundredths of a percent."),
    ("rules", "zh"): ("全部商户规则", "设置（`ctrl+g`）里的商户规则，或 `regulars rule set 名称 值`。"
                      "命令中金额以分、百分比以万分之一为单位。"),
    ("jobs", "en"): ("All jobs", "What the scheduler does by itself, at which times (minute, hour, day, month, weekday;"
                     " `regulars job set` changes them)."),
    ("jobs", "zh"): ("全部定时任务", "自动运行的任务和时间（分、时、日、月、星期；用 `regulars job set` 修改）。"),
    ("rights", "en"): ("Rights and scopes", "What each role may do; Settings, Staff, `r` gives a person more or less."
                       " Below: what a key of the API may do by each scope."),
    ("rights", "zh"): ("权限与范围", "各角色能做什么；在设置的员工页按 `r` 为个人增减。"
                       "下方是 API 密钥各个范围所含的权限。"),
    ("operations", "en"): ("All operations of the API", "Under `/api/v1`, as `/api/v1/docs` of your own server shows"
                           " them with every field."),
    ("operations", "zh"): ("API 的全部操作", "都在 `/api/v1` 之下；各字段见服务器上的 `/api/v1/docs`。"),
}  # fmt: skip
"""Title and introduction of each page."""
HEADS = {
    ("rules", "en"): "| rule | what it means | as delivered |",
    ("rules", "zh"): "| 规则 | 含义 | 默认值 |",
    ("jobs", "en"): "| job | what it does | when |",
    ("jobs", "zh"): "| 任务 | 做什么 | 何时 |",
    ("rights", "en"): "| right | what it allows | clerk | manager | owner |",
    ("rights", "zh"): "| 权限 | 允许做什么 | 店员 | 店长 | 店主 |",
    ("scopes", "en"): "| scope | what it lets a program do | rights |",
    ("scopes", "zh"): "| 范围 | 程序可以做什么 | 权限 |",
}


def commands() -> dict[str, click.Command]:
    """Every command that does something, by its words: 'sale refund'. Groups that only hold others are left out."""
    from regulars import cli

    return dict(_commands(cli, ()))


def _commands(one: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    if path and (not isinstance(one, click.Group) or one.invoke_without_command):
        yield " ".join(path), one
    if isinstance(one, click.Group):
        context = click.Context(one)
        for name in one.list_commands(context):
            if (found := one.get_command(context, name)) is not None:
                yield from _commands(found, (*path, name))


def flags(command: click.Command) -> list[str]:
    """Every way to write each of its options."""
    return [way for one in command.params if isinstance(one, click.Option) for way in (*one.opts, *one.secondary_opts)]


def commands_page() -> str:
    """The commands, in the language this process speaks."""
    parts = []
    for name, command in sorted(commands().items()):
        given = " ".join(_asked(one) for one in command.params if isinstance(one, click.Argument))
        parts.append(f"\n## `regulars {name}{' ' if given else ''}{given}`\n\n{command.help or ''}\n")
        options = [_option(one) for one in command.params if isinstance(one, click.Option)]
        parts.append("".join(f"\n{option}" for option in options) + "\n" if options else "")
    return "".join(parts)


def _asked(one: click.Argument) -> str:
    name = one.metavar or (one.name or "").upper()
    return f"[{name}]" if not one.required and not name.startswith("[") else name


def _option(one: click.Option) -> str:
    ways = ", ".join(f"`{way}`" for way in (*one.opts, *one.secondary_opts))
    known = (
        f" ({', '.join(f'`{choice}`' for choice in one.type.choices)})" if isinstance(one.type, click.Choice) else ""
    )
    return f"- {ways}{known} {one.help or ''}".rstrip()


def _said_in(language: str) -> str:
    """The page of commands by a process that speaks a language, for their help is written when they are loaded."""
    return subprocess.run(
        [sys.executable, "-m", "tests.house.references", "commands"], check=True, capture_output=True, cwd=ROOT,
        env=os.environ | {"REGULARS_LANGUAGE": language, "PYTHONUTF8": "1"}, text=True, encoding="utf-8",
    ).stdout  # fmt: skip


def rules_page() -> str:
    """The shop's rules with what they are when nobody set them."""
    rows = []
    for one in fields(rules.ShopRules):
        words = RULES[one.name]
        shown = one.default if words.kind == "text" else value_said(one.name, one.default, {})
        chosen = f" ({' · '.join(f'`{way}` {CHOICES[way]}' for way in rules.CHOICES.get(one.name, ()))})"
        said = str(Text(words.label)) + (chosen if one.name in rules.CHOICES else "")
        rows.append(f"| `{one.name}` | {said.replace('|', '/')} | {shown or '–'} |")
    return "\n".join(rows) + "\n"


def jobs_page() -> str:
    """The jobs with their times."""
    return "".join(f"| `{one.name}` | {Text(jobs.NAMES[one.name])} | {jobtimes.said(one.cron)} |\n"
                   for one in scheduler.WORKS)  # fmt: skip


def rights_page(language: str) -> str:
    """Rights by role, then what each scope lets a key do."""
    rows = []
    for right in access.RIGHTS:
        ticks = " | ".join("✓" if right in access.ROLES[role] else "" for role in ("clerk", "manager", "owner"))
        rows.append(f"| `{right}` | {access.named(right)} | {ticks} |\n")
    scopes = [
        f"| `{scope}` | {Text(apikeys.SCOPES[scope][0])} | {' '.join(f'`{one}`' for one in sorted(rights))} |\n"
        for scope, rights in SCOPES.items()
    ]
    return "".join(rows) + f"\n{HEADS['scopes', language]}\n|---|---|---|\n" + "".join(scopes)


def operations() -> dict[str, list[reading.Operation]]:
    """The operations of the API by their noun."""
    with door.create_app(Settings(secret="docs", public_url="https://shop.example")).app_context():
        return reading.groups(api.written(examples.IDS))


def routes() -> set[tuple[str, str]]:
    """Method and address of everything the kiosk's server answers, `{}` for what is filled in; the API's also short."""
    rules = door.create_app(Settings(secret="docs", public_url="https://shop.example")).url_map.iter_rules()
    found = {(way, re.sub(r"<[^>]+>", "{}", one.rule)) for one in rules for way in one.methods or ()}
    return found | {(way, path.removeprefix("/api/v1")) for way, path in found if path.startswith("/api/v1/")}


def operations_page() -> str:
    """What each operation is called and does, in the words of the document itself."""
    parts = []
    for noun, listed in operations().items():
        parts.append(f"\n## {noun}\n\n")
        parts += [f"- `{one.method} {one.path}` {one.summary}\n" for one in listed]
    return "".join(parts)


def page(name: str, language: str) -> str:
    """A page as it should stand in the docs of a language."""
    title, about = WORDS[name, language]
    with use(language):
        body = {
            "commands": lambda: _said_in(language),
            "rules": rules_page,
            "jobs": jobs_page,
            "rights": lambda: rights_page(language),
            "operations": operations_page,
        }[name]()
    head = HEADS.get((name, language))
    table = f"{head}\n{'|---' * (head.count('|') - 1)}|\n" if head else ""
    return f"# {title}\n\n{about} {MADE[language]}\n\n{table}{body.lstrip()}"


if __name__ == "__main__":
    if sys.argv[1:] == ["commands"]:
        print(commands_page(), end="")
    else:
        for language in ("en", "zh"):
            for name in PAGES:
                (DOCS / language / f"{name}.md").write_text(page(name, language), "utf-8")
