"""Looks into the wheel and the tarball of dist/, installs them where nothing else is, and runs the README's examples.

`make packages` builds both and calls this. Then it builds both as the README tells users to, and looks into those too,
which takes minutes: `--quick` leaves it out.
Everything that is installed is in a folder that is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from package_contents import native_problems, problems
from readme_examples import as_program

ROOT = Path(__file__).resolve().parent.parent
# The oldest glibc that the packages run on, as the wheel's tag says: that of 2014.
GLIBC = (2, 17)
COMPILER_OPTIONS = {"strict": True, "noEmit": True, "module": "nodenext", "target": "es2022", "skipLibCheck": False}


def only(pattern: str) -> Path:
    """The one file in dist/ that matches."""
    found = sorted((ROOT / "dist").glob(pattern))
    if len(found) != 1:
        sys.exit(f"dist/ should hold one {pattern}, and holds {len(found)}: run `make packages`.")
    return found[0]


def run(folder: Path, *command: str | Path) -> None:
    """Runs a command in `folder`, showing it and what it prints; ends the program if it fails."""
    print("$", *(str(part).removeprefix(f"{folder}/") for part in command), flush=True)
    status = subprocess.run(command, cwd=folder, check=False).returncode
    if status:
        sys.exit(f"the command above failed with status {status}")


def require(wrong: list[str]) -> None:
    """Ends the program if anything is wrong."""
    if wrong:
        sys.exit("\n".join(wrong))


def check_contents() -> None:
    """Both packages hold what they must, and nothing of this machine; the wheel's tag says the glibc that it needs."""
    wheel, tarball = only("relatch-*.whl"), only("relatch-*.tgz")
    require([*problems(wheel, GLIBC), *problems(tarball, GLIBC)])
    tag = f"manylinux_{GLIBC[0]}_{GLIBC[1]}_"
    require([] if tag in wheel.name else [f"{wheel.name} has another tag than {tag}*"])
    print(f"{wheel.name} and {tarball.name} hold the licences, and no path of this machine")


def check_own_builds(folder: Path) -> None:
    """What `pip install .` and `npm run build` make on a user's machine: release builds without its paths."""
    run(ROOT, sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ".")
    wheels = list(folder.glob("relatch-*.whl"))
    require([problem for wheel in wheels for problem in problems(wheel, None)] if wheels else ["pip made no wheel"])
    run(ROOT, "npm", "run", "--silent", "build")
    addons = list((ROOT / "bindings-node" / "dist").glob("*.node"))
    wrong = [problem for addon in addons for problem in native_problems(addon.name, addon.read_bytes(), None)]
    require(wrong if addons else ["npm run build made no addon"])
    print("`pip install .` and `npm run build` make release builds, without paths of this machine")


def check_wheel(folder: Path, mypy: str) -> None:
    """A clean virtual environment, the wheel, the two Python examples."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    run(folder, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", only("relatch-*.whl"))
    run(folder, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", mypy)
    for name in ("python", "jupyter"):
        (folder / f"{name}_example.py").write_text(as_program(name), encoding="utf-8")
        run(folder, python, f"{name}_example.py")
    run(folder, python, "-m", "mypy", "--strict", "python_example.py", "jupyter_example.py")


def check_tarball(folder: Path) -> None:
    """A clean folder, the tarball, the Node example as it is and as TypeScript."""
    versions = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    (folder / "package.json").write_text('{"name": "clean", "private": true, "type": "module"}', encoding="utf-8")
    tools = [f"{name}@{versions[name]}" for name in ("typescript", "@types/node")]
    run(folder, "npm", "install", "--silent", "--no-progress", only("relatch-*.tgz"), *tools)
    for name in ("example.mjs", "example.mts"):
        (folder / name).write_text(as_program("node"), encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER_OPTIONS, "files": ["example.mts"]}))
    run(folder, "node", "example.mjs")
    run(folder, folder / "node_modules" / ".bin" / "tsc", "--project", ".")
    (folder / "example.cjs").write_text("const { login } = require('relatch'); console.log(typeof login)\n")
    run(folder, "node", "example.cjs")


def main() -> None:
    """Both packages, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="build nothing")
    parser.add_argument("mypy", help="the version of mypy that checks the examples, as pip takes it")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="relatch-packages-"))
    try:
        for name in ("python", "node", "own"):
            (folder / name).mkdir()
        check_contents()
        check_wheel(folder / "python", options.mypy)
        check_tarball(folder / "node")
        if not options.quick:
            check_own_builds(folder / "own")
    finally:
        shutil.rmtree(folder)
    print("The packages install, run and type-check where nothing else is.")


if __name__ == "__main__":
    main()
