import signal
import subprocess
import sys
import time

from video_ktr.study.folder_lock import folder_lock

HOLDS = """
import sys, time
from pathlib import Path
from video_ktr.study.folder_lock import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_holder_is_waited_for_and_a_killed_one_holds_nothing(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    waiter = "from pathlib import Path\nfrom video_ktr.study.folder_lock import folder_lock\nimport sys\n"
    waiter += "with folder_lock(Path(sys.argv[1])): print('mine')"
    second = subprocess.Popen([sys.executable, "-c", waiter, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    assert second.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()
    assert second.communicate(timeout=30)[0] == "mine\n"
    with folder_lock(tmp_path):
        assert (tmp_path / "lock").exists()
