"""make-environment.py DIRECTORY REQUIREMENTS makes a virtual environment, once, however many ask for it at a time."""

import fcntl
import pathlib
import subprocess
import sys
import venv

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"python3 is {found}; the tests need {'.'.join(map(str, NEEDED))} or later")

directory, requirements = map(pathlib.Path, sys.argv[1:])
python = directory / "bin" / "python"
complete = directory / "complete"

directory.parent.mkdir(parents=True, exist_ok=True)
# Who waits here finds it made. The system takes the lock back from one that is killed half-way.
with open(f"{directory}.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    # The interpreter is a link, which breaks when the system's is replaced.
    if not (complete.exists() and python.exists()):
        try:
            venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(directory)
        except subprocess.CalledProcessError:
            sys.exit("python3 cannot make virtual environments: install its venv module (Debian: python3-venv)")
        # The requirements name all there is, so nothing has to be resolved; Python compiles what it comes to import.
        options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile"]
        pip = [python, "-m", "pip", "install", *options, "--requirement", requirements]
        result = subprocess.run(pip, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            sys.exit(f"pip could not install {requirements.name}:\n{result.stderr.strip()}")
        complete.touch()
