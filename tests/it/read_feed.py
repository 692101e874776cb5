"""Reads an Atom feed with feedparser and prints what it found. Exit status 77 where it is not installed, 1 for a feed that
is not well-formed."""
import json
import sys

try:
    import feedparser
except ImportError:
    sys.exit(77)

feed = feedparser.parse(sys.stdin.buffer.read(), sanitize_html=False, resolve_relative_uris=False)
if feed.bozo:
    sys.exit(f"not well-formed: {feed.bozo_exception}")
entries = [
    {
        "id": entry.id,
        "title": entry.title,
        "updated": entry.updated,
        "content": entry.content[0].value,
        "type": entry.content[0].type,
        "author": entry.get("author"),
    }
    for entry in feed.entries
]
print(json.dumps({"version": feed.version, "id": feed.feed.id, "title": feed.feed.title, "entries": entries}))
