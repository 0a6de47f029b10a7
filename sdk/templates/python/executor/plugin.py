"""Writes what was approved into a file."""

import countersign
from countersign import did_not_happen, effect, files, happened, message, receipt, request


def name_of(config):
    return config.get("file_name", "approved.txt")


def plan(config):
    """What approvers see, and what the approval binds; it changes nothing."""
    file = name_of(config)
    what = effect("file", file, message("write", f"write {file} about {request.title()}"))
    return countersign.plan([what], {"file": file})


def execute(config, once_key):
    """Every retry comes with the same key, and finds the file that an earlier try has made."""
    files.write(once_key, name_of(config), "text/plain", f"{request.title()}\n")
    return receipt(name_of(config))


def probe(config, once_key):
    """Asked after a crash: did it happen?"""
    is_there = any(file.name == name_of(config) for file in files.of(once_key))
    return happened(receipt(name_of(config))) if is_there else did_not_happen()
