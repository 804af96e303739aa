"""The blocks of a page of the documentation, and the one program that they make, run as a reader would: from top to bottom.

`sh` is run by bash, `python` by Python (neighbours share their names), `text` is what the block before printed: its
lines in their order, `…` for whatever is left out. There is no other kind, so that nothing stands there untried.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, its text, the line of the page on which it begins."""

    kind: str
    text: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["kind"],
            re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            text.count("\n", 0, found.start()) + 1,
        )
        for found in _FENCE.finditer(text)
    ]


def program_of(blocks: list[Block], served: str) -> str:
    """Return the bash program that runs a page's blocks and marks what each prints.

    Args:
        blocks: in order.
        served: the address that the page's services get in place of http://127.0.0.1:8000.

    `./scripts/run` sets up and serves; here only what it serves is made and served, since the tests run where it was set up.
    """
    port = served.rsplit(":", 1)[1]
    lines = [
        "set -euo pipefail",
        "set -m",
        "trap 'kill -- $(jobs -p | sed s/^/-/) 2>/dev/null || true' EXIT",
        'wait_for() { python wait_for.py "$1"; }',
    ]
    merged: list[Block] = []
    for block in blocks:
        if block.kind == "python" and merged and merged[-1].kind == "python":
            merged[-1] = Block("python", merged[-1].text + "\n" + block.text, merged[-1].line)
        elif block.kind in {"sh", "python"}:
            merged.append(block)
    for block in merged:
        text = block.text.replace("http://127.0.0.1:8000", served)
        lines.append(f"echo '@@@ {block.line}'; echo '@@@ {block.line}' >&2")
        if block.kind == "python":
            lines.append(f"python -W error::DeprecationWarning - <<'END_OF_BLOCK'\n{text}\nEND_OF_BLOCK")
            continue
        for line in text.replace("\\\n", " ").splitlines():
            command = line.split("#")[0].split()
            if command[:2] == ["clearway", "serve"] or command[:1] == ["./scripts/run"]:
                bare = re.sub(r"\s+#.*$", "", line)
                if command[0] == "./scripts/run":
                    lines.append("clearway demo --data first --hazards 20 --area-km2 200")
                    bare = "clearway serve --data first"
                lines.append("kill -- $(jobs -p | sed s/^/-/) 2>/dev/null && wait || true")
                lines.append(
                    f"timeout 300 {bare} --port {port} >served.log 2>&1 </dev/null &\nwait_for {served}/healthz"
                )
            else:
                lines.append(line)
    return "\n".join(lines) + "\n"


def printed(output: str) -> dict[int, str]:
    """Return what each block printed, by the line on which it begins."""
    parts = re.split(r"^@@@ (\d+)\n", output, flags=re.MULTILINE)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def fits(promised: str, output: str) -> bool:
    """Say whether an output holds the promised lines in their order, whole lines but for `…`, which stands for anything."""
    pattern = r"[^\n]*".join(re.escape(piece) for piece in promised.strip("\n").split("…"))
    anywhere = "".join(
        rf"^{one.rstrip()}[ \t]*\n(?s:.*?)" for one in re.sub(r"\\\n", "\n", pattern).split("\n") if one.strip()
    )
    return re.search(anywhere, output + "\n", re.MULTILINE) is not None
