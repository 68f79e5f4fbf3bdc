"""Kill server or writer (SIGKILL) in the middle of a cascade in Neo4j, and look whether all of it happened or nothing.

    python data/revising/kills.py --kills 50 --home SERVER

It starts a server of its own in the folder SERVER. Synthetic: one told proposition holds up 10,000 conclusions. Adds a line to kills.jsonl."""
import argparse, json, os, random, subprocess, sys, time
from datetime import datetime, timezone
from pathlib import Path

CHILD = """
import sys
from dualntm.neo4j import Neo4jGraphMemory, read_connection
memory = Neo4jGraphMemory(2, read_connection(), "cascade", 2., sys.argv[1], mirror=False, patience=600.)
print("ready", flush=True)
memory.retract(memory.find("the root"), "it was wrong", "test")
print("done", flush=True)
memory.close()
"""


def build(connection, size):
    "A told proposition, and conclusions from it."
    from dualntm.neo4j import Neo4jGraphMemory
    memory = Neo4jGraphMemory(2, connection, "cascade", 2.)
    memory.clear()
    (root,) = memory.add_propositions(["the root"], [[1, 0]], "test")
    ends = memory.add_propositions([f"conclusion {i}" for i in range(size)], [[1, i] for i in range(size)], "test", told=False)
    memory.add_justifications([(end, [(root, .9)], .9) for end in ends], "judge", "test")
    memory.close()


def held(connection):
    "How many propositions are held, and how many entailments."
    from dualntm.neo4j import open_driver
    with open_driver(connection) as driver:
        ask = lambda query: driver.execute_query(query).records[0][0]
        return (ask("MATCH (p:Proposition {graph: 'cascade'}) WHERE coalesce(p.held, true) RETURN count(p)"),
                ask("MATCH (:Proposition {graph: 'cascade'})-[e:ENTAILS]->() WHERE coalesce(e.held, true) RETURN count(e)"))


def one_kill(server, folder, draw, number, whom, longest):
    "Kill server or writer while the writer takes the root back; what is held then, and after its journal was sent."
    from dualntm.neo4j import replay
    connection = server.connection
    environment = {**os.environ, "NEO4J_URI": connection.uri, "NEO4J_USER": connection.user, "NEO4J_PASSWORD": connection.password}
    journal = Path(folder)/f"{number}.journal"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(journal)], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(draw.uniform(0, longest))
    if whom == "server": server.kill()
    child.kill()
    done = "done" in child.stdout.read()
    child.wait()
    if whom == "server": server.start()
    else: time.sleep(3)  # until the server has noticed that nobody is there
    found = held(connection)
    replay(journal, connection, 120.)
    return found, held(connection), done


def put_back(connection):
    "Tell the root again, if it was taken back."
    from dualntm.neo4j import Neo4jGraphMemory
    memory = Neo4jGraphMemory(2, connection, "cascade", 2., mirror=False, patience=600.)
    root = memory.find("the root")
    if not memory.propositions([root])[0].told: memory.restore(root)
    memory.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds after which it is killed at the latest")
    parser.add_argument("--home", required=True)
    given = parser.parse_args()
    from dualntm.neo4j import LocalServer
    import tempfile
    server, draw, tally = LocalServer(given.home, 0), random.Random(given.seed), {}
    server.start()
    build(server.connection, given.size)
    whole = given.size + 1, given.size
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(given.kills):
                whom = "server" if number % 2 else "writer"
                found, after, done = one_kill(server, folder, draw, number, whom, given.longest)
                state = "nothing had happened" if found == whole else "all of it had happened" if found == (0, 0) else "a part had happened"
                key = f"{whom} killed: {state}"
                tally[key] = tally.get(key, 0) + 1
                assert after in ((0, 0), whole), after
                print(number + 1, whom, state, found, after, flush=True)
                put_back(server.connection)
                assert held(server.connection) == whole
    finally:  # Ctrl-C leaves what was measured so far
        server.stop()
        line = {"kills": sum(tally.values()), "withdrawn": given.size, "seed": given.seed, "date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "found": tally,
                "command": f"python data/revising/kills.py --kills {given.kills} --size {given.size} --seed {given.seed} --longest {given.longest} --home SERVER"}
        with open(Path(__file__).parent/"kills.jsonl", "a") as file: file.write(json.dumps(line) + "\n")
        print(json.dumps(line))


if __name__ == "__main__": main()
