"""Opens pages in a real Chromium, headless, and asks them questions.

    with open_page(Path("report.html")) as page:
        page.evaluate("document.title")
        page.evaluate("document.querySelector('.play').click()")
        page.wait_for("document.querySelector('audio').currentTime > 0.1")
        page.complaints                        # errors of scripts, and all on the console
        page.press("ArrowRight"), page.click(300, 200), page.screenshot(Path("page.png"))

It uses the browser's own protocol through a pipe and needs no other package. Its tests are
skipped where there is no Chromium, but fail there if VSCHAOS_CI is set: all is
to be tested there. `python -m tests.report.chromium report.html out.png` takes a picture.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 60.0
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # as root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def require_chromium() -> str:
    """Its path; skips the test where there is none."""
    found = find_chromium()
    if found is None:
        reason = f"there is no Chromium ({', '.join(NAMES)})"
        if os.environ.get("VSCHAOS_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def open_page(file: Path, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A page in a browser of its own, from its file, when it has been loaded."""
    # the browser reads its commands from 3 and writes to 4, which only a shell can promise
    commands_in, commands_out = os.pipe()
    replies_in, replies_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        shell = f'exec "$@" 3<&{commands_in} 4>&{replies_out}'
        command = [require_chromium(), *OPTIONS, f"--user-data-dir={profile}"]
        browser = subprocess.Popen(
            ["bash", "-c", shell, "bash", *command],
            pass_fds=(commands_in, replies_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_in)
        os.close(replies_out)
        try:
            page = Page(commands_out, replies_in)
            page.open(file, width, height)
            yield page
            page.command("Browser.close", session=False)
            browser.wait(timeout=PATIENCE_SECONDS)
        finally:
            browser.kill()
            browser.wait()
            os.close(commands_out)
            os.close(replies_in)


class Page:
    """A page that is open.

    Attributes:
        complaints: errors of its scripts, and messages on its console.
    """

    def __init__(self, commands_out: int, replies_in: int) -> None:
        self.complaints: list[str] = []
        self.loaded = False
        self._commands = commands_out
        self._replies = replies_in
        self._rest = b""
        self._number = 0
        self._session = ""

    def open(self, file: Path, width: int, height: int) -> None:
        target = self.command("Target.createTarget", session=False, url="about:blank")["targetId"]
        attached = self.command(
            "Target.attachToTarget", session=False, targetId=target, flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.resize(width, height)
        self.command("Page.navigate", url=file.resolve().as_uri())
        self.wait_for("document.readyState == 'complete'")

    def resize(self, width: int, height: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited if it is a promise.

        Raises:
            AssertionError: it threw.
        """
        answer = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of an expression when it has become true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            assert time.monotonic() < deadline, f"it did not come to {expression}"
            time.sleep(0.03)

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.command(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def move(self, x: float, y: float) -> None:
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, picture: Path, whole: bool = False) -> None:
        data = self.command("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        picture.write_bytes(base64.b64decode(data))

    def command(self, method: str, session: bool = True, **parameters: Any) -> Any:
        """Sends a command of the protocol and gives its result.

        Raises:
            AssertionError: the browser refuses it.
        """
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._take(answer)

    def _receive(self) -> Any:
        while b"\0" not in self._rest:
            more = os.read(self._replies, 1 << 20)
            assert more, "the browser has gone"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _take(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(json.dumps(parameters["entry"]))
        elif method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:")):
                self.complaints.append(f"it asked for {url}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.report.chromium")
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--run", default="0", help="JavaScript to run first")
    options = parser.parse_args()
    with open_page(options.page, options.width, options.height) as page:
        page.evaluate(options.run)
        time.sleep(0.3)
        if options.height == 0:
            page.resize(options.width, int(page.evaluate("document.documentElement.scrollHeight")))
            time.sleep(0.3)
        page.screenshot(options.picture)
        sys.stderr.write("".join(f"{complaint}\n" for complaint in page.complaints))
    return 0


if __name__ == "__main__":
    sys.exit(main())
