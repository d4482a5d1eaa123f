"""Writes answers of a driver as the data file of the test; what the Python generators share.

    header: {"driver", "version", "date", …}, then one line a string:
    {"in", "hosts": [[host, port or null]], "database", "user", "password", "params": {name: value}} or {"in", "error"}
"""

import datetime
import json
import sys


def write(header, answer):
    """Asks `answer` about every string on standard input. It returns a dict, or raises what the driver raised."""
    header = {**header, "date": datetime.date.today().isoformat()}
    print(json.dumps(header, ensure_ascii=False))
    for line in sys.stdin:
        text = json.loads(line)
        try:
            said = answer(text)
        except UnicodeDecodeError:
            continue  # an answer that is no text cannot be written down
        except Exception as error:  # the driver's own, whatever its class
            message = " ".join(str(error).split())[:120]
            said = {"error": message or type(error).__name__}
        said = {name: value for name, value in said.items() if value not in (None, "", {}, [])}
        if "\ufffd" in json.dumps(said, ensure_ascii=False):
            continue
        print(json.dumps({"in": text, **said}, ensure_ascii=False, separators=(",", ":")))


def paired(hosts, ports):
    """Hosts with ports as libpq pairs them: one port serves all hosts."""
    hosts, ports = hosts.split(",") if hosts else [], ports.split(",") if ports else []
    if not hosts and ports:
        hosts = [""] * len(ports)
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return [[host, (ports[i] if i < len(ports) else "") or None] for i, host in enumerate(hosts)]
