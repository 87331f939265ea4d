"""Looks for what ran, or could run, on pages that carry hostile text. Past the policy: escaping must hold alone."""

from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Page

# Runs in every frame before anything else does.
LISTEN = "window.__hits = []; window.__hit = (n) => { window.__hits.push(n); return n; };"
# Elements and attributes that no text of ours may become, whether they ran yet or not.
_LIVE = """() => {
    const found = [...window.__hits.map(n => `ran: ${n}`)];
    for (const one of document.querySelectorAll("*")) {
        for (const attribute of one.attributes) {
            const name = attribute.name.toLowerCase(), value = attribute.value.trim().toLowerCase();
            if (name.startsWith("on")) { found.push(`handler: ${one.outerHTML.slice(0, 200)}`); }
            const leads = ["href", "src", "action", "formaction", "data", "srcdoc", "xlink:href"].includes(name);
            if (leads && /^(javascript|vbscript|data:text)/.test(value)) { found.push(`address: ${value}`); }
        }
        const kind = one.localName;
        const source = typeof one.src === "string" ? one.src : "";
        const own = kind === "script" && (one.type === "application/ld+json" || source.startsWith(location.origin));
        if (["script", "object", "embed", "base", "template", "math", "video", "audio"].includes(kind) && !own) {
            found.push(`element: ${one.outerHTML.slice(0, 200)}`);
        }
        for (const event of ["mouseover", "focus", "click", "toggle", "error", "load"]) {
            if (kind !== "a" && kind !== "button" && kind !== "input" && kind !== "summary") {
                one.dispatchEvent(new Event(event));
            }
        }
    }
    return found.concat(window.__hits.map(n => `ran when touched: ${n}`));
}"""

_PARTS = """(html) => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("head > *, body *")]
    .map(one => [one.localName, ...[...one.attributes].map(a => a.name)].join(" "))"""


class Watch:
    """A page that counts: dialogs, scripts that ran, and markup that text became."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(LISTEN)
        self.page: Page = context.new_page()
        self.found: list[str] = []
        self.looked = 0
        self.page.on("dialog", self._dialog)

    def open(self, address: str) -> None:
        """A page of the service."""
        self.page.goto(address)
        self._look(address)

    def show(self, html: str, name: str) -> None:
        """Markup as a feed reader without any care would show it."""
        self.page.goto("about:blank")
        self.page.set_content(f"<!doctype html><title>x</title><body>{html}")
        self._look(name)

    def parts(self, html: str) -> list[str]:
        """The elements that the browser makes of markup, with their attributes' names, without running any."""
        found: list[str] = self.page.evaluate(_PARTS, html)
        return found

    def _look(self, name: str) -> None:
        self.looked += 1
        for frame in self.page.frames:
            if frame.parent_frame is not None and frame.frame_element().get_attribute("sandbox") is not None:
                continue  # a preview: no script can run in it, ours neither
            found: Any = frame.evaluate(_LIVE)
            self.found += [f"{name}: {text}" for text in found]

    def _dialog(self, dialog: Dialog) -> None:
        self.found.append(f"{self.page.url}: dialog {dialog.message}")
        dialog.dismiss()
