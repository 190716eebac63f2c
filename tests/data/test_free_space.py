import shutil

import pytest

from video_ktr.data.free_space import FreeSpace
from video_ktr.errors import DataError

# Other processes write and remove files while the test runs.
SLACK = 4 << 30


def test_no_more_is_promised_than_is_free(tmp_path):
    space, free = FreeSpace(), shutil.disk_usage(tmp_path).free
    with pytest.raises(DataError, match="make room"), space.promised(tmp_path, free + SLACK):
        pass
    with space.promised(tmp_path, free // 2) as written:
        with pytest.raises(DataError, match="make room"), space.promised(tmp_path, free // 2 + SLACK):
            pass
        # What is written is no longer promised: on a real disk it is no longer free either.
        written(free // 2)
        with space.promised(tmp_path, max(0, free - SLACK)):
            pass
    with space.promised(tmp_path, max(0, free - SLACK)):
        pass
