"""A real notebook kernel: cells that await and block, interrupts, restarts and shutdowns with a session alive."""

from __future__ import annotations

import http.client
import json
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from relatch.testing import PASSWORD, USERNAME
from support import LIMIT, call_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

    from relatch.testing import Sandbox

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="the kernel needs Python 3.11")

OPEN_HERE = """
import asyncio, relatch
from relatch.testing import Sandbox
sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())
heard = []
session.subscribe(lambda event: heard.append(event.kind))

def hold():
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after")

async def tick():
    while True:
        await asyncio.sleep(0.01)

print(sandbox.url, end="")
"""
PROMPT = """
import asyncio, relatch
from relatch.testing import Sandbox
sandbox = Sandbox()
provider = sandbox.synapsewave(second_factor=relatch.Otp(lambda: input("OTP? ")))

async def tick():
    while True:
        await asyncio.sleep(0.01)

# The kernel's loop learns of an interrupt when it next wakes up, whatever a cell awaits.
ticking = asyncio.create_task(tick())
print(sandbox.url, end="")
"""
OPEN_THERE = """
import relatch
session = relatch.login(relatch.SevenG(username={username!r}, password={password!r}, base_url={url!r}))
print(session.token(), end="")
"""
START_REFRESH = "import threading; threading.Thread(target=session.refresh, daemon=True).start()"


class Kernel:
    """A kernel of its own, whose standard error goes to a file."""

    def __init__(self, folder: Path) -> None:
        self.said = folder / "stderr"
        # Open for as long as the kernel may be started again.
        self.output = self.said.open("w")
        self.manager = KernelManager(transport="ipc", ip=str(folder / "socket"), connection_file=str(folder / "k.json"))
        places = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        environment = {**os.environ, **dict.fromkeys(places, str(folder))}
        self.manager.start_kernel(env=environment, stderr=self.output)
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT)

    def start(self, code: str) -> str:
        """Starts a cell and does not wait for it."""
        return str(self.client.execute(code, store_history=False))

    def end_of(self, cell: str) -> tuple[str, str]:
        """What a cell that was started raised ("" if nothing), and what it printed."""
        printed: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=LIMIT)
            if message["parent_header"].get("msg_id") != cell:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                assert content["name"] == "stdout", content
                printed.append(content["text"])
            if content.get("execution_state") == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=LIMIT)
            if reply["parent_header"].get("msg_id") == cell:
                return reply["content"].get("ename", ""), "".join(printed)

    def run(self, code: str) -> str:
        """What a cell prints, which must succeed and say nothing else."""
        raised, printed = self.end_of(self.start(code))
        assert raised == "", printed
        return printed

    def shut_down(self) -> None:
        """Asks it to end, which it must do by itself and silently."""
        provisioner = self.manager.provisioner
        assert isinstance(provisioner, LocalProvisioner)
        process = provisioner.process
        assert process is not None
        self.client.shutdown()
        assert process.wait(LIMIT) == 0
        self.manager.finish_shutdown()
        assert self.said.read_text() == ""

    def close(self) -> None:
        """Shuts the kernel down if it runs, and lets go of what belongs to it here."""
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.client.stop_channels()
        self.manager.cleanup_resources()
        self.manager.context.term()
        self.output.close()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel that is up."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.close()


def control(url: str, name: str, **body: Any) -> Any:
    """A call to a sandbox in another process."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=LIMIT)
    try:
        connection.request("POST", f"/sandbox/{name}", json.dumps(body))
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return json.loads(response.read())
    finally:
        connection.close()


def interrupt(kernel: Kernel, url: str, code: str, refreshes: int) -> str:
    """What a cell raises that is interrupted while the server holds its refresh."""
    kernel.run("hold()")
    cell = kernel.start(code)
    control(url, "wait_for", what="refresh", at_least=refreshes, limit=LIMIT)
    kernel.manager.interrupt_kernel()
    raised, _printed = kernel.end_of(cell)
    kernel.run("sandbox.release()")
    return raised


def test_a_session_in_cells_that_await_block_and_are_interrupted(kernel: Kernel) -> None:
    url = kernel.run(OPEN_HERE)
    assert kernel.run("print(await session.token_async() == session.token())") == "True\n"
    kernel.run("sandbox.advance(1210)")
    assert kernel.run("print(len(set(await asyncio.gather(*(session.token_async() for _ in range(9))))))") == "1\n"
    kernel.run("sandbox.advance(1210)")
    assert kernel.run("print(session.token() == await asyncio.to_thread(session.token))") == "True\n"
    # The kernel's loop learns of an interrupt when it next wakes up, whatever a cell awaits.
    kernel.run("ticking = asyncio.create_task(tick())")
    waits = {
        "session.token()": "KeyboardInterrupt",
        "await session.token_async()": "CancelledError",
        "session.refresh()": "KeyboardInterrupt",
    }
    for number, (code, raised) in enumerate(waits.items(), 3):
        assert interrupt(kernel, url, code, number) == raised
        # The cell has taken nothing with it: the next one has the token of the same refresh.
        assert kernel.run("session.token(); print(session.state)") == "active\n"
        counts = control(url, "counts")
        assert (counts["login"], counts["refresh"], counts["reused"]) == (1, number, 0)
    assert kernel.run("print(set(heard))") == "{'refreshed'}\n"
    kernel.client.complete("relatch.login(sandbox.seven_g(), exch", 37)
    assert "exchange_timeout=" in kernel.client.get_shell_msg(timeout=LIMIT)["content"]["matches"]
    kernel.run("kept_alive = relatch.login(sandbox.seven_g(), keep_alive=True)")
    kernel.shut_down()


def test_restarts_in_the_middle_of_a_refresh(sandbox: Sandbox, kernel: Kernel) -> None:
    """A refresh is lost with its kernel, and nothing else: the new kernel logs in, and nothing counts as failed."""
    log_in = OPEN_THERE.format(username=USERNAME, password=PASSWORD, url=sandbox.url)
    tokens = [kernel.run(log_in)]
    for kills in (False, True):
        sandbox.fault(on="refresh", fault="hold", when="after")
        kernel.run(START_REFRESH)
        sandbox.wait_for("refresh", len(tokens))
        kernel.manager.restart_kernel(now=kills)
        kernel.client.wait_for_ready(timeout=LIMIT)
        sandbox.release()
        tokens.append(kernel.run(log_in))
        assert call_account(sandbox, {"Authorization": tokens[-1], "Version": "2.0"}) == 200
    assert len(set(tokens)) == 3
    # And the end, while calls of both kinds wait.
    sandbox.fault(on="refresh", fault="hold", when="after")
    kernel.run(START_REFRESH)
    kernel.run("import asyncio; waiting = asyncio.create_task(session.refresh_async())")
    sandbox.wait_for("refresh", 3)
    kernel.shut_down()
    counts = sandbox.counts()
    assert (counts["login"], counts["login_rejected"], counts["refresh"], counts["reused"]) == (3, 0, 3, 0)


@pytest.mark.parametrize(
    "call", ["relatch.login(provider)", "await relatch.login_async(provider)", "session.refresh()"], ids=str
)
def test_a_prompt_that_was_interrupted_takes_no_answer(kernel: Kernel, call: str) -> None:
    """The cell is interrupted and run again, and the code goes to the prompt that is shown; nothing is rejected."""
    url = kernel.run(PROMPT)
    logins = 1
    if "session" in call:
        logins = 2
        first = kernel.start("session = relatch.login(provider)")
        kernel.client.get_stdin_msg(timeout=LIMIT)
        kernel.client.input(control(url, "outbox")[-1]["otp"])
        assert kernel.end_of(first)[0] == ""
    for _ in range(2):
        cell = kernel.start(call)
        kernel.client.get_stdin_msg(timeout=LIMIT)
        kernel.manager.interrupt_kernel()
        assert kernel.end_of(cell)[0] in {"KeyboardInterrupt", "CancelledError"}
    cell = kernel.start(call)
    kernel.client.get_stdin_msg(timeout=LIMIT)
    kernel.client.input(control(url, "outbox")[-1]["otp"])
    assert kernel.end_of(cell)[0] == ""
    counts = control(url, "counts")
    assert (counts["login"], counts["login_rejected"]) == (logins, 0)
