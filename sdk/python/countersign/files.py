"""Files that an execution makes."""

from . import answers, host
from .errors import call

_PIECE = 65536


def write(once_key, name, media_type, content):
    """Writes a whole file that belongs to the once-key: with id, name, size, sha256 and so on."""
    content = content.encode("utf-8") if isinstance(content, str) else bytes(content)
    writer = call(host.blobs.create, name, media_type, once_key)
    for start in range(0, len(content), _PIECE):
        call(writer.write, content[start : start + _PIECE])
    return call(writer.finish)


def of(once_key):
    """The files that belong to the once-key, by name."""
    return call(host.blobs.find, once_key)


def receipt(file):
    """A receipt that tells all of a file."""
    fields = {"file": file.name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
    return answers.Receipt(file.id, fields if file.rows is None else fields | {"rows": file.rows})
