"""A small internet that no packet leaves, for whoever joins this process's network and mount namespaces.

Run by: unshare --net --mount /usr/bin/python3 private_network.py. It prints "ready" and stays until standard input
ends. One address is like one of the public internet's, and has a web server on the ports of HTTP and HTTPS (without
its encryption, which is for programs and no matter to a tunnel). Names come from a hosts file that is seen in here
alone; some lead to where no visitor may be let.
"""

import fcntl
import http.server
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

# linux/sockios.h
SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFNETMASK = 0x8916, 0x8914, 0x891C
IFF_UP = 1

# On the loopback interface a whole network is local, so that the server's address is none of the interface's own.
OWN, SERVER, MASK = '11.22.33.1', '11.22.33.44', '255.255.255.0'

HOSTS = {
    'localhost': '127.0.0.1',
    'public.example': SERVER,
    'unlisted.example': SERVER,
    'loopback.example': '127.0.0.1',
    'private.example': '10.0.0.1',
    'metadata.example': '169.254.169.254',
    'own.example': OWN,
}


def make_network():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP))
        for request, address in ((SIOCSIFADDR, OWN), (SIOCSIFNETMASK, MASK)):
            packed = struct.pack('16sHH4s8x', b'lo:1', socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(any_socket, request, packed)


def name_hosts(file):
    file.write(''.join(f'{address} {name}\n' for name, address in HOSTS.items()))
    file.flush()
    # The server is another user.
    os.chmod(file.name, 0o644)
    subprocess.run(['mount', '--bind', file.name, '/etc/hosts'], check=True)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f'hello from {self.headers["Host"]}{self.path}\n'.encode() + b'.' * int(self.headers.get('X-More', 0))
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    make_network()
    with tempfile.NamedTemporaryFile('w') as file:
        name_hosts(file)
        # An address for every name that leads inside: whoever is let there by mistake gets an answer.
        for address, port in ((SERVER, 80), (SERVER, 443), (OWN, 80), ('127.0.0.1', 80)):
            server = http.server.ThreadingHTTPServer((address, port), Page)
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print('ready', flush=True)
        sys.stdin.read()


main()
