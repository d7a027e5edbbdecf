"""CPU time of Python's email and of our readers on the messages of an mbox file: mime.py BINARY MBOX."""

import email.parser
import email.policy
import re
import resource
import subprocess
import sys
import time


def messages(path):
    with open(path, "rb") as file:
        parts = re.split(rb"(?m)^From .*\n", file.read())[1:]
    return [re.sub(rb"(?m)^>(>*From )", rb"\1", part) for part in parts]


def full(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for name in ("subject", "from", "to", "cc", "date", "message-id"):
        try:
            str(message[name])
        except Exception:  # the parser of fields has its limits
            pass
    for part in message.walk():
        if part.is_multipart():
            continue
        try:
            part.get_content()
        except Exception:
            part.get_payload(decode=True)


def tree(raw):
    email.message_from_bytes(raw)


def headers(raw):
    email.parser.BytesHeaderParser().parsebytes(raw)


def python(read, batch):
    before = time.process_time()
    for raw in batch:
        read(raw)
    return time.process_time() - before


def process(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


binary, mbox = sys.argv[1:]
batch = messages(mbox)
octets = sum(map(len, batch))
print(f"{'reader':24} {'MiB/s':>12} {'us/message':>12}")
for read in (full, tree, headers):
    spent = python(read, batch)
    print(f"{'python-' + read.__name__:24} {octets / spent / 2**20:12.1f} {spent / len(batch) * 1e6:12.1f}")
nothing = min(process(binary, "linescan", mbox, "0") for _ in range(3))
for reader in subprocess.check_output([binary, "readers"], text=True).split():
    rounds = 20
    spent = max(process(binary, reader, mbox, str(rounds)) - nothing, 1e-6) / rounds
    print(f"{reader:24} {octets / spent / 2**20:12.1f} {spent / len(batch) * 1e6:12.1f}")
