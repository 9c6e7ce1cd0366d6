#!/usr/bin/env python3
"""Checks that each room under src/ includes only the rooms and libraries its row allows, and that files stay small."""
import pathlib
import re
import sys

ROOMS = {
    "base": set(),
    "runtime": {"base"},
    "crypto": {"base"},
    "sql": {"base", "runtime"},
    "media": {"base"},
    "vision": {"base", "media"},
    "evaluation": {"base", "vision"},
    "search": {"base"},
    "liveness": {"base", "crypto", "media", "vision"},
    "synthesis": {"base", "media", "vision", "liveness"},
    "domain": {"base", "crypto", "sql"},
    "provider": {"base", "runtime", "crypto", "media", "vision", "search", "liveness", "domain", "sql"},
    "http": {"base", "runtime"},
    "api": {"base", "runtime", "crypto", "sql", "media", "vision", "search", "liveness", "domain", "provider", "http"},
    "app": {"base", "runtime", "crypto", "sql", "media", "vision", "evaluation", "search", "liveness", "synthesis", "domain", "provider", "http", "api"},
}
# Libraries that only some rooms may touch: first path part of the include -> rooms.
LIBRARIES = {
    "opencv2": {"vision", "liveness", "synthesis"},
    "openssl": {"crypto", "vision", "http"},
    "sqlite3.h": {"sql"},
    "libavformat": {"media"},
    "libavcodec": {"media"},
    "libavutil": {"media"},
    "libswscale": {"media"},
    "jpeglib.h": {"media"},
    "png.h": {"media"},
    "boost/asio": {"http"},
    "boost/beast": {"http"},
    "CLI": {"app"},
    "dlfcn.h": {"vision"},
}
MAX_LINES = 500


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent / "src"
    problems = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        room = path.relative_to(root).parts[0]
        text = path.read_text()
        lines = text.count("\n")
        if lines > MAX_LINES:
            problems.append(f"{path.relative_to(root.parent)}: {lines} lines, over {MAX_LINES}")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not match:
                continue
            kind, target = match.groups()
            first = target.split("/")[0]
            where = f"{path.relative_to(root.parent)}:{number}"
            if kind == '"':
                if first not in ROOMS:
                    problems.append(f"{where}: include \"{target}\" is not relative to src/")
                elif first != room and first not in ROOMS[room]:
                    problems.append(f"{where}: room {room} may not use room {first}")
            else:
                for library, rooms in LIBRARIES.items():
                    if (target == library or target.startswith(library + "/")) and room not in rooms:
                        problems.append(f"{where}: room {room} may not use {library}")
    for room in ROOMS:
        readme = root / room / "README.md"
        if not readme.exists():
            problems.append(f"src/{room}: no README.md")
        elif readme.read_text().count("\n") > 30:
            problems.append(f"src/{room}/README.md: over 30 lines")
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
