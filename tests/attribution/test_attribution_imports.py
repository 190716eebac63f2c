import subprocess
import sys


def test_the_method_needs_neither_transformers_nor_trl():
    code = (
        "import sys, video_ktr.attribution; "
        "heavy = {'transformers', 'trl', 'accelerate', 'datasets', 'torchvision', 'av'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
