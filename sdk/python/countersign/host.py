"""The interfaces of the contract that this plugin imports; what it does not want is absent."""

import importlib


class Absent:
    """An interface that the manifest does not ask for."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, function):
        raise RuntimeError(f"`{self._name}` is not imported: the manifest's `wants` does not ask for it")


def _interface(name):
    try:
        return importlib.import_module("wit_world.imports." + name)
    except ImportError:
        return Absent(name.replace("_", "-"))


types = _interface("types")
request = _interface("request")
config = _interface("config")
log = _interface("log")
determinism = _interface("determinism")
directory = _interface("directory")
named_statements = _interface("named_statements")
statements = _interface("statements")
secrets = _interface("secrets")
http_types = _interface("http_types")
http_lookups = _interface("http_lookups")
http = _interface("http")
blobs = _interface("blobs")
steps = _interface("steps")
notice = _interface("notice")
