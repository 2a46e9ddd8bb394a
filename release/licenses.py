#!/usr/bin/env python3
"""Prints the third-party notices of a release: the crates linked into it, and their licence texts.

usage: licenses.py linux-x64|windows-x86|windows-x64
"""
import json
import pathlib
import subprocess
import sys

TARGETS = {
    "linux-x64": "x86_64-unknown-linux-gnu",
    "windows-x86": "i686-pc-windows-gnu",
    "windows-x64": "x86_64-pc-windows-gnu",
}
TEXTS = ("LICENSE*", "LICENCE*", "license*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*")


def linked_packages(metadata):
    """What ends up in the library: normal dependencies but for macros, and Lua, which comes as a build dependency."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, queue = set(), [metadata["resolve"]["root"]]
    while queue:
        for dep in nodes[queue.pop()]["deps"]:
            package = packages[dep["pkg"]]
            normal = any(kind["kind"] is None for kind in dep["dep_kinds"])
            macro = any("proc-macro" in target["kind"] for target in package["targets"])
            lua = package["name"] == "lua-src"
            if dep["pkg"] not in seen and not macro and (normal or lua):
                seen.add(dep["pkg"])
                if not lua:
                    queue.append(dep["pkg"])
    return sorted((packages[id] for id in seen), key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    found = sorted({path for pattern in TEXTS for path in folder.glob(pattern) if path.is_file()})
    read = [path.read_text(encoding="utf-8", errors="replace").strip() for path in found]
    if package["name"] == "lua-src":  # Lua's own notice stands at the end of its header
        header = next(folder.glob("lua-5.4*/lua.h")).read_text()
        read.append(header[header.index("* Copyright (C)") :].removesuffix("#endif\n").strip(" */\n"))
    return read


def main():
    if sys.argv[1:2] == [] or sys.argv[1] not in TARGETS:
        sys.exit(__doc__)
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", TARGETS[sys.argv[1]]]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print("mps_client contains the following third-party components.\n")
    print("Rust standard library: MIT OR Apache-2.0")
    if sys.argv[1] != "linux-x64":
        print("mingw-w64 runtime: public domain and ZPL-2.1")
    print("libgcc: GPL-3.0 with the GCC Runtime Library Exception")
    users = {}
    for package in linked_packages(metadata):
        name = f'{package["name"]} {package["version"]}'
        print(f'{name}: {package["license"]}')
        for text in texts(package):
            users.setdefault(text, []).append(name)
    for text, names in users.items():
        print(f'\n{"=" * 80}\n{", ".join(names)}\n{"-" * 80}\n{text}')


main()
