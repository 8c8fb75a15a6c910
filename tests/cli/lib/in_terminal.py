"""in_terminal.py COLUMNS ROWS COMMAND...: run it in a terminal of that size; print the lines that stay on the screen.

What a carriage return and "erase to the end of the line" take away is not printed, unless IN_TERMINAL_ALL is set.
Exit code: the command's.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
output = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # the other end is closed
        break
    if not piece:
        break
    output += piece
for line in output.decode().replace("\r\n", "\n").split("\n"):
    if os.environ.get("IN_TERMINAL_ALL"):
        print(line.replace("\r", "\n").replace("\033[K", ""))
    else:
        print(line.split("\r\033[K")[-1])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
