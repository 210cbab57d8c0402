"""Fetches Twilio's OpenAPI files at set-up: `python -m sandbox.carrier.specs [directory]`."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from sandbox.carrier.oracle import FILES, missing, spec_directory

PACKAGE = "@twilio/cli-core@8.3.2"  # MIT; carries the files of github.com/twilio/twilio-oai
INSIDE = "package/src/services/twilio-api/"


def fetch(target_dir: Path | str) -> bool:
    """Put the files into a directory by `npm pack`; False, with the reason on stderr, when that cannot be done."""
    target = Path(target_dir)
    if all((target / f"twilio_{name}.json").exists() for name in FILES):
        return True
    npm = shutil.which("npm")
    if npm is None:
        return _give_up("npm is not installed")
    with tempfile.TemporaryDirectory() as directory:
        try:
            subprocess.run([npm, "pack", PACKAGE], cwd=directory, check=True, capture_output=True, timeout=120)
            archive = next(Path(directory).glob("*.tgz"))
        except (subprocess.SubprocessError, StopIteration, OSError) as error:
            return _give_up(f"npm pack {PACKAGE} failed: {error}")
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as files:
            for name in FILES:
                content = files.extractfile(f"{INSIDE}twilio_{name}.json")
                if content is not None:
                    (target / f"twilio_{name}.json").write_bytes(content.read())
    reason = missing(target)
    return _give_up(reason) if reason else True


def _give_up(reason: str) -> bool:
    print(f"Twilio's specification is not checked: {reason}", file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(0 if fetch(sys.argv[1] if len(sys.argv) > 1 else spec_directory()) else 1)
