"""Cards for paper: each learner's address, code and QR code."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import segno

from provisioner.classes.desk import format_code

_STYLE = Path(__file__).with_name("static") / "cards.css"


def make(name: str, title: str, address: str, fingerprint: str, cards: Sequence[tuple[str, str]]) -> str:
    """One HTML page. address: of the class's server. fingerprint: of its certificate, or empty. cards: names and codes."""
    sections = "\n".join(_card(learner, code, address, fingerprint) for learner, code in cards)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Class {escape(name)}: cards</title>
<style>{_STYLE.read_text(encoding="utf-8")}</style></head>
<body><main>
<h1>Class {escape(name)}: {escape(title)}</h1>
<p class="note">Print this page and cut it. A code is used once; `lab class cards --new` makes another one.</p>
<div class="cards">
{sections}
</div>
</main>
</body>
</html>
"""


def _card(learner: str, code: str, address: str, fingerprint: str) -> str:
    picture = segno.make(f"{address}/?code={code}", error="m").svg_inline(omitsize=True, border=2, light="#fff")
    trust = ""
    if fingerprint:
        trust = (
            f'<p class="small">Your browser asks about the certificate. Its SHA-256 begins with {escape(fingerprint[:23])}</p>'
        )
    return f"""<section>
{picture}
<div><h2>{escape(learner)}</h2>
<p>{escape(address)}</p>
<p>Code: <code>{escape(format_code(code))}</code></p>
{trust}</div>
</section>"""
