"""Runs test programs that print TAP, two at a time, and ends in `N passed, N failed`.

Each argument is one command. A program that fails without saying which test, or
that does not end in time, counts as one failure. The output of a program that
failed is shown whole.
"""
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import time

LIMIT_SECONDS = float(os.environ.get("TEST_LIMIT", "600"))
RESULT = re.compile(r"^\s*(not ok|ok)\b[^#\n]*(#\s*skip\b.*)?", re.IGNORECASE | re.MULTILINE)


def run(command):
    """(command, passed, failed, skipped, seconds, output)"""
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1")
    start = time.monotonic()
    process = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=environment, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
        why = "" if process.returncode >= 0 else f"ended by signal {-process.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        why = f"not ended within {LIMIT_SECONDS:.0f} s"
    text = output.decode("utf-8", "replace")
    passed = failed = skipped = 0
    for result, skip in RESULT.findall(text):
        if result.lower() == "not ok":
            failed += 1
        elif skip:
            skipped += 1
        else:
            passed += 1
    if process.returncode != 0 and failed == 0:
        failed = 1
        text += f"\n{command}: {why or f'exit code {process.returncode}'}\n"
    if passed + failed + skipped == 0:
        failed = 1
        text += f"\n{command}: printed no test result\n"
    return command, passed, failed, skipped, time.monotonic() - start, text


def main(commands):
    passed = failed = skipped = 0
    broken = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(run, command) for command in commands]
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            command, good, bad, skip, seconds, text = future.result()
            passed, failed, skipped = passed + good, failed + bad, skipped + skip
            mark = "FAIL" if bad else "ok"
            extra = f", {skip} skipped" if skip else ""
            print(f"[{done:2}/{len(commands)}] {mark:4} {command}: {good} passed, "
                  f"{bad} failed{extra} ({seconds:.1f} s)", flush=True)
            if bad:
                broken.append((command, text))
            else:
                for line in text.splitlines():
                    if line.startswith("#!"):  # what a test wants to be seen: histograms, skips
                        print("    " + line[2:].lstrip(), flush=True)
    for command, text in broken:
        print(f"\n--- {command}\n{text}", flush=True)
    extra = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{extra}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
