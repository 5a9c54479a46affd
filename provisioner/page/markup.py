"""A lab's Markdown as HTML that does nothing: what a lab says is never a script, a style or a picture from elsewhere."""

from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_LOOK = "look"  # the second word of a block of code whose commands only look around
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "hr", "li", "ol", "p", "pre", "strong", "table", "tbody",
    "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "pre": {"class", "tabindex"}, "td": {"style"}, "th": {"style"}}


class _Renderer(RendererHTML):
    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        words = tokens[index].info.split()
        look = f' class="{_LOOK}"' if _LOOK in words[1:] else ""
        return f'<pre{look} tabindex="0"><code>{escapeHtml(tokens[index].content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f'<pre tabindex="0"><code>{escapeHtml(tokens[index].content)}</code></pre>\n'

    def heading_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """The page has the first heading, the lab's title the second."""
        level = min(int(tokens[index].tag[1]) + 1, 5)
        tokens[index].tag = f"h{level}"
        return f"<h{level}>"

    def heading_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{min(int(tokens[index].tag[1]) + 1, 5)}>\n"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


@lru_cache(maxsize=256)
def render(text: str) -> str:
    """Only a few tags without scripts or styles of their own are left; links lead to https only."""
    return nh3.clean(
        _MARKDOWN.render(text), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"https"}, link_rel="noopener noreferrer",
        attribute_filter=_filter_attribute,
    )  # fmt: skip


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if value == _LOOK else None
    if name == "style":  # of a table's cell
        return value if value in ("text-align:left", "text-align:right", "text-align:center") else None
    return value
