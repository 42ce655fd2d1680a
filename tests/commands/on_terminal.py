"""Runs a command on a terminal and writes what it showed: on_terminal.py COLUMNS [--type KEYS --after TEXT] COMMAND [ARGUMENT...]

Keys are typed once the command has shown that text.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
keys = after = None
if command[0] == "--type":
    keys, after, command = command[1].encode(), command[3].encode(), command[4:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk
    if keys and after in shown:
        os.write(terminal, keys)
        keys = None
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
