"""
flink-jobs.py PACKAGE: runs the program of an application's package, which is a directory, on a Flink of its own, once for each
job. Takes a command as a line of JSON on standard input, and answers each with a line:

  {"start": NAME, "properties": {…}, "savepoint": PATH or null}  starts the job as main.py does
  {"stop": NAME, "directory": PATH}                              stops it; {"savepoint": PATH}
  {"metric": NAME, "named": TEXT}                                {"values": {NAME OF THE METRIC: NUMBER}}
  {"status": NAME}                                               {"status": TEXT}
  {"cancel": NAME}
"""

import json
import pathlib
import socket
import sys
import tempfile
import urllib.request

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

package = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(package))
import main  # noqa: E402

jobs = {}

SETTINGS = {
    "pipeline.jars": f"file://{package / 'lib' / 'connector.jar'}",
    "parallelism.default": "1",
    "rest.address": "127.0.0.1",
    "rest.bind-address": "127.0.0.1",
    "taskmanager.memory.managed.size": "32m",
    "taskmanager.memory.network.min": "16m",
    "taskmanager.memory.network.max": "16m",
}


def start(name, properties, savepoint):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = Configuration()
    more = {"execution.savepoint.path": savepoint} if savepoint else {}
    for key, value in {**SETTINGS, **more, "rest.port": str(port)}.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    # As the service keeps them.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([{"PropertyGroupId": "alakazam", "PropertyMap": properties}], file)
        file.flush()
        read = main.read_properties(file.name)
    result = main.start(tables, read, (package / "rate-alarm.sql").read_text())
    client = result.get_job_client()
    jobs[name] = (client, port, environment)
    return {"job": str(client.get_job_id())}


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return json.load(answer)


def metric(name, named):
    client, port, _ = jobs[name]
    job = f"/jobs/{client.get_job_id()}"
    values = {}
    for vertex in ask(port, job)["vertices"]:
        path = f"{job}/vertices/{vertex['id']}/metrics"
        names = [each["id"] for each in ask(port, path) if named in each["id"]]
        for each in names and ask(port, f"{path}?get={','.join(names)}"):
            values[f"{vertex['name'][:60]} {each['id']}"] = float(each["value"])
    return {"values": values}


def answer(command):
    match command:
        case {"start": name, "properties": properties, "savepoint": savepoint}:
            return start(name, properties, savepoint)
        case {"stop": name, "directory": directory}:
            return {"savepoint": jobs.pop(name)[0].stop_with_savepoint(False, directory).result()}
        case {"metric": name, "named": named}:
            return metric(name, named)
        case {"cancel": name}:
            jobs.pop(name)[0].cancel().result()
            return {}
        case {"status": name}:
            return {"status": str(jobs[name][0].get_job_status().result())}


for line in sys.stdin:
    try:
        answered = answer(json.loads(line))
    except Exception as error:  # The test fails with it.
        answered = {"error": str(error)[:4000]}
    print(json.dumps(answered), flush=True)
