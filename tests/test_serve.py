"""`dualntm serve` with the client of the SDK, over both transports: kills, several clients, signals, bad input.

Each transport is killed 4 times; DUALNTM_KILLS=50 does it 50 times."""
import asyncio, json, os, random, re, signal, stat, subprocess, sys, threading, time, zipfile

import numpy as np
import pytest

pytest.importorskip("mcp.server.lowlevel")
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters

from dualntm.graph import InMemoryGraphMemory, load_graph
from processes import complains
from serving import http_client, Nest

KILLS = int(os.environ.get("DUALNTM_KILLS", 4))


@pytest.fixture(scope="module")
def nest(tmp_path_factory):
    nest = Nest(tmp_path_factory.mktemp("nest"))
    yield nest
    nest.close()


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    "Servers with a light reader."
    nest = Nest(tmp_path_factory.mktemp("light"), light=True)
    yield nest
    nest.close()


@pytest.fixture
def store(nest, tmp_path):
    "A store of the reader's encoder, with one sentence."
    path = tmp_path/"world.npz"
    code, out, err = nest.run("tell", "--checkpoint", "pretrained:everyday", "--store", path, "--sentence", "Ada owns a red boat.")
    assert code == 0, err
    return path


def texts_in(path): return {p.text for p in load_graph(path).propositions()}


async def tell_on(client, name, asked, answered):
    "Tell sentence after sentence, until the server is gone."
    while True:
        asked.append(f"Witness {name} saw boat number {len(asked)}.")
        found = await client.call_tool("tell", {"sentences": [asked[-1]], "source": name})
        assert not found.is_error, found.content[0].text
        answered.append(asked[-1])


async def killed_after(process, seconds, answered):
    "Kill a server some time after its first answer."
    while not any(answered): await asyncio.sleep(.001)
    await asyncio.sleep(seconds)
    process.kill()


async def until_killed(nest, store, http, clients, round, seconds):
    "Tell until the server is killed; gives the sentences that were asked for and those that were answered, by client."
    asked, answered = ([[] for _ in range(clients)] for _ in range(2))

    async def work(opened, number, process):
        try:
            async with opened as client:
                client = client[0] if isinstance(client, tuple) else client
                await tell_on(client, f"{round}-{number}", asked[number], answered[number])
        except Exception:
            if not process.killed: raise

    if http:
        with nest.over_http("--store", store) as (process, address):
            await asyncio.gather(killed_after(process, seconds, answered), *(work(http_client(address), number, process) for number in range(clients)))
    else:
        async with nest.on_stdio("--store", store) as (client, process):
            killer = asyncio.create_task(killed_after(process, seconds, answered))
            try: await tell_on(client, f"{round}-0", asked[0], answered[0])
            except MCPError: assert process.killed
            await killer
    process.wait()
    return asked, answered


@pytest.mark.parametrize("http", [False, True], ids=["stdio", "http"])
def test_what_was_answered_survives_a_kill(light, tmp_path, http):
    "10,000 propositions make a save long enough to be hit; with HTTP, three clients tell at once."
    graph, draw, store = InMemoryGraphMemory(384), random.Random(0), tmp_path/"world.npz"
    graph.add_propositions([f"filler {number}" for number in range(10_000)], np.random.default_rng(0).standard_normal((10_000, graph.dim)))
    graph.save(store)
    before, left = texts_in(store), 0
    for round in range(KILLS):
        asked, answered = asyncio.run(until_killed(light, store, http, 3 if http else 1, round, draw.uniform(0, 1)))
        now = texts_in(store)
        new, sure, may = now - before, {text for some in answered for text in some}, {text for some in asked for text in some}
        assert before <= now and sure and sure <= new <= may, (len(before - now), sure - new, new - may)
        assert len(may - sure) <= len(asked)  # of each client, at most one was not answered
        before, left = now, left + any(store.parent.glob(".*.part"))
    print(f"{KILLS} kills, {len(before) - 10_000} sentences kept, {left} of the kills hit a save")
    with light.over_http("--store", store): assert not list(store.parent.glob(".*.part"))  # they are swept away


def test_servers_and_the_command_line_take_turns(nest, store):
    "Two servers on one store, one of them with three clients, and `dualntm tell` in between."
    async def main():
        with nest.over_http("--store", store) as (_, address):
            async with http_client(address) as one, http_client(address) as two, http_client(address) as three, nest.on_stdio("--store", store) as (four, _):
                clients = {"one": one, "two": two, "three": three, "four": four}
                async def work(name, client):
                    for number in range(5):
                        found = await client.call_tool("tell", {"sentences": [f"{name} counts {number}."], "source": name})
                        assert not found.is_error, found
                        assert not (await client.call_tool("ask", {"hypothesis": "Ada has a boat."})).is_error
                await asyncio.gather(*(work(*pair) for pair in clients.items()))
                code, out, err = await asyncio.to_thread(nest.run, "tell", "--checkpoint", "pretrained:everyday", "--store", store, "--sentence", "Tom sold his car.")
                assert (code, out.splitlines()[0]) == (0, "told 1 sentence: 1 new, 0 known before"), err
                for client in clients.values():
                    found = (await client.call_tool("search", {"query": "Tom sold his car.", "count": 1})).structured_content["found"][0]
                    assert (found["text"], found["source"]) == ("Tom sold his car.", "tell")
                return {f"{name} counts {number}." for name in clients for number in range(5)}
    assert asyncio.run(main()) | {"Ada owns a red boat.", "Tom sold his car."} == texts_in(store)


def test_a_store_that_is_held(nest, store):
    "A change is refused after the wait; questions are answered meanwhile."
    from dualntm.files import Lock
    async def main():
        async with nest.on_stdio("--store", store, "--wait", 1) as (client, process):
            with Lock(store, "held by a test"):
                change = asyncio.create_task(client.call_tool("tell", {"text": "It rains."}))
                found = await client.call_tool("explain", {"proposition": "Ada owns a red boat."})
                assert found.structured_content["why"] == "told by tell" and not change.done()
                said = (await change).content[0].text
                assert (await change).is_error and "is being written by another process, also after 1 seconds" in said
            assert not (await client.call_tool("tell", {"text": "It rains."})).is_error
    asyncio.run(main())
    assert texts_in(store) == {"Ada owns a red boat.", "It rains."}


def test_what_an_agent_takes_back_and_forgets(nest, store):
    "A dry run writes nothing; what was taken back is no evidence; what was forgotten is not in the file; programs are told which tools destroy."
    def content():
        with zipfile.ZipFile(store) as packed: return b"".join(packed.read(name) for name in packed.namelist())
    async def main():
        async with nest.on_stdio("--store", store) as (client, process):
            async def call(tool, **arguments): return (await client.call_tool(tool, arguments)).structured_content
            tools = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
            assert {name for name, hints in tools.items() if hints.destructive_hint} == {"retract", "forget"} and not tools["forget"].read_only_hint
            await call("ask", hypothesis="Ada has a boat.", write=True)
            before = store.read_bytes()
            found = await call("retract", proposition="Ada owns a red boat.", dry_run=True)
            assert [one["text"] for one in found["withdrawn"]] == ["Ada has a boat."] and store.read_bytes() == before
            assert (await call("retract", proposition="Ada owns a red boat.", why="it sank", by="Tom")) == found | {"dry_run": False}
            asked = await client.call_tool("ask", {"hypothesis": "Ada has a boat."})
            assert asked.is_error and "nothing in the graph can be evidence: what was told is taken back" in asked.content[0].text
            assert {p.text for p in load_graph(store).propositions() if p.held} == set()
            assert "taken back, and withdrawn, by Tom: it sank" in (await call("explain", proposition="Ada owns a red boat."))["why"]
            assert b"red boat" in content() and [one["text"] for one in (await call("restore", proposition="Ada owns a red boat."))["returned"]] == ["Ada has a boat."]
            assert not (await call("forget", proposition="Ada owns a red boat."))["dry_run"]
            assert b"red boat" not in content() and b"it sank" not in content()
            assert (await client.call_tool("restore", {"proposition": "Ada owns a red boat."})).is_error
    asyncio.run(main())


def message(id, method, **params): return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


HELLO = message(0, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"})


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_signals_end_it_with_everything_saved(nest, store, number, code):
    "Over stdin and stdout, with a change under way, and nothing but the protocol on stdout."
    with nest.piped("serve", "--store", store) as (process, joined):
        agent = subprocess.Popen(["sh", *joined], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        agent.stdin.write(f"{HELLO}\n")
        agent.stdin.flush()
        first = json.loads(agent.stdout.readline())
        agent.stdin.write(message(1, "tools/call", name="tell", arguments={"sentences": [f"Boat number {number} is red." for number in range(300)]}) + "\n")
        agent.stdin.flush()
        time.sleep(.3)
        process.kill(number)
        assert process.wait() == code
        assert process.said.splitlines()[-1] == f"dualntm: {'ended by SIGTERM' if code == 143 else 'interrupted'}; everything that was told is in {store}"
        agent.stdin.close()
        rest = agent.stdout.read()
    assert first["result"]["serverInfo"]["name"] == "dualntm" and all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert len(texts_in(store)) in (1, 301)


def test_signals_end_it_over_http(nest, store):
    async def main():
        with nest.over_http("--store", store) as (process, address):
            async with http_client(address) as client:
                assert not (await client.call_tool("tell", {"text": "It rains."})).is_error
                process.kill(signal.SIGTERM)
                return await asyncio.to_thread(process.wait), process.said
    code, said = asyncio.run(main())
    assert code == 143 and said.endswith(f"dualntm: ended by SIGTERM; everything that was told is in {store}\n") and "Traceback" not in said


def test_bad_lines_on_stdin(nest, store):
    "Each gets its answer, and the server goes on."
    with nest.piped("serve", "--store", store) as (process, joined):
        agent = subprocess.Popen(["sh", *joined], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        def answer(line):
            agent.stdin.write(f"{line}\n")
            agent.stdin.flush()
            return json.loads(agent.stdout.readline())
        def error(line): return answer(line)["error"]
        assert answer(HELLO)["id"] == 0
        agent.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n\n')
        assert error('{"broken')["code"] == -32700 and "not JSON" in error("half a \ud7ff line")["message"]
        assert error('{"valid": 1}')["code"] == -32600 and error(f'{{"x": "{"y" * 17 * 2**20}"}}')["code"] == -32700
        assert error(message(1, "tools/call", name="forgive", arguments={}))["message"] == "there is no tool 'forgive': choose from tell, ask, search, walk, explain, retract, restore, forget"
        assert "there is no proposition 7" in error(message(2, "resources/read", uri="dualntm://proposition/7"))["message"]
        for tool, arguments, says in (("tell", {"text": "la " * 3_500_000}, "tell: text has 10,500,000 characters: give at most 100,000 at once"), ("ask", {"hypothesis": " "}, "an empty text"),
                                      ("ask", {"hypothesis": "x" * 2001}, "at most 2,000"), ("ask", {"question": "?"}, "ask has no argument 'question': choose from hypothesis"),
                                      ("walk", {"start": 5}, "there is no proposition 5"), ("explain", {"proposition": "Tom flies."}, "does not hold 'Tom flies.'"), ("search", {}, "search needs query")):
            found = answer(message(3, "tools/call", name=tool, arguments=arguments))["result"]
            assert found["isError"] and says in found["content"][0]["text"] and "\n" not in found["content"][0]["text"], found
        assert not answer(message(4, "tools/call", name="tell", arguments={"text": "It rains."}))["result"]["isError"]
        agent.stdin.close()
        assert process.wait() == 0 and "Traceback" not in process.said


def test_an_agent_that_goes_away(nest, store):
    "Its end of stdout is closed, and then stdin."
    with nest.piped("serve", "--store", store) as (process, joined):
        agent = subprocess.Popen(["sh", *joined], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        agent.stdout.close()
        agent.stdin.write(f"{HELLO}\n")
        agent.stdin.close()
        assert process.wait() == 0 and "Traceback" not in process.said, process.said


def test_http_refuses_strangers(nest, store):
    import httpx2
    ask, accept = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, {"Accept": "application/json, text/event-stream", "Authorization": "Bearer a-token-of-the-tests"}
    with nest.over_http("--store", store) as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", address)
        def status(**headers): return httpx2.post(address, json=ask, headers={**accept, **headers}).status_code
        assert status() == 200
        assert [status(Authorization=given) for given in ("", "Bearer", "Bearer a-token-of-the-test", "Basic a-token-of-the-tests")] == [401] * 4
        assert status(Host="elsewhere.example") == 421 and status(Origin="https://elsewhere.example") == 403
        assert status(Origin="http://localhost:5") == 200
        refused = httpx2.get(address)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer" and "asks for its token" in refused.json()["error"]["message"]
        assert httpx2.post(address, content=b"{broken", headers={**accept, "Content-Type": "application/json"}).json()["error"]["code"] == -32700
        assert httpx2.post(address, content=b" " * (17 * 2**20), headers={**accept, "Content-Type": "application/json"}).status_code == 413
        port = address.split(":")[-1].split("/")[0]
        complains(nest.run("serve", "--store", store, "--http", port), f"can't listen at 127.0.0.1:{port}: address already in use; name another port")
        assert status() == 200

    async def wrong():
        with nest.over_http("--store", store) as (process, address):
            async with http_client(address, token="wrong-token-of-the-tests") as client: await client.call_tool("walk", {"start": 1})
    with pytest.raises(Exception): asyncio.run(wrong())


def test_tokens(nest, store, tmp_path):
    "A made token is printed once and works; a file that is not there gets one, for its owner only."
    async def works(address, token):
        async with http_client(address, token=token) as client: return len((await client.list_tools()).tools)
    process = nest.start("serve", "--store", store, "--http", "0")
    try:
        said = process.wait_for("/mcp\n")
        token, address = re.search(r"the token of this server is (\S+)\n", said)[1], re.search(r"http://\S+", said)[0]
        assert asyncio.run(works(address, token)) == 8 and process.said.count(token) == 1
    finally: process.kill()
    process = nest.start("serve", "--store", store, "--http", "0", "--token-file", tmp_path/"new")
    try:
        said = process.wait_for("/mcp\n")
        token = (tmp_path/"new").read_text().strip()
        assert stat.S_IMODE((tmp_path/"new").stat().st_mode) == 0o600 and token not in said and asyncio.run(works(re.search(r"http://\S+", said)[0], token)) == 8
    finally: process.kill()


def test_flags_and_stores_that_can_not_be_used(nest, store, tmp_path):
    five = tmp_path/"five.npz"
    InMemoryGraphMemory(5).save(five)
    (tmp_path/"short").write_text("secret")
    (tmp_path/"text.npz").write_text("no graph")
    for words, says in ((["--store", five], "five.npz holds propositions of 5 numbers"), (["--store", tmp_path/"missing"/"world.npz"], "there is no folder"), ([], "name the store by --store FILE"),
                        (["--store", tmp_path/"text.npz"], "is not a saved graph memory"), (["--store", store, "--http", "70000"], "from 0 to 65535"), (["--store", store, "--token-file", "x"], "this is for --http"),
                        (["--store", store, "--http", "0", "--token-file", tmp_path/"short"], "a token has 16"), (["--store", store, "--graph", "world"], "--graph NAME, and not by --store")):
        complains(nest.run("serve", *words), says)
    code, out, err = nest.run("serve", "--store", store, "--http", "--token", "a-secret")
    assert (code, out) == (2, "") and "unrecognized arguments" in err
    code, out, err = nest.run("serve", "--store", tmp_path/"new.npz")
    assert (code, out) == (0, "") and f"there was no store at {tmp_path/'new.npz'}: a new one is begun" in err and texts_in(tmp_path/"new.npz") == set()


def test_the_command_as_an_agent_starts_it(tmp_path):
    "The whole way once, in a process of its own, with no store before."
    where = {**os.environ, "OMP_NUM_THREADS": "1"}
    async def main():
        command = StdioServerParameters(command=sys.executable, args=["-m", "dualntm", "serve", "--store", str(tmp_path/"world.npz")], env=where)
        async with Client(command) as client:
            found = await client.call_tool("tell", {"sentences": ["Ada owns a red boat."], "source": "diary"})
            assert texts_in(tmp_path/"world.npz") == {"Ada owns a red boat."}
            asked = (await client.call_tool("ask", {"hypothesis": "Ada has a boat.", "write": True})).structured_content
            walked = (await client.call_tool("walk", {"start": "Ada owns a red boat."})).structured_content
            return found.structured_content["new"], asked["label"], [one["text"] for one in walked["walk"]]
    assert asyncio.run(main()) == (1, "entailment", ["Ada has a boat."])
