"""Slack's models and Google's messages take every card below a folder, and write it as it was."""
import json
import pathlib
import sys

from google.apps.chat_v1.types import Message
from slack_sdk.models.blocks import Block

folder = pathlib.Path(sys.argv[1])


def of_slack(card):
    blocks = Block.parse_all(card["blocks"])
    for given, block in zip(card["blocks"], blocks, strict=True):
        block.validate_json()
        written = block.to_dict()
        assert type(block) is not Block, f"no such block: {given}"
        assert written == given, f"{given}\nis understood as\n{written}"
    assert len(blocks) <= 50 and card["text"], card


def of_google(card):
    # A field that there is not is an error.
    message = Message.from_json(json.dumps(card), ignore_unknown_fields=False)
    sections = message.cards_v2[0].card.sections
    assert len(sections) == len(card["cardsV2"][0]["card"]["sections"]), card
    assert all(widget._pb.WhichOneof("data") for section in sections for widget in section.widgets), card


for kind, check in {"slack": of_slack, "google-chat": of_google}.items():
    cards = sorted(folder.glob(f"card-{kind}.*.json"))
    assert len(cards) > 20, f"only {len(cards)} cards of {kind}"
    for path in cards:
        try:
            check(json.loads(path.read_text()))
        except Exception as error:
            sys.exit(f"{path.name}: {error!r}")
    print(f"{kind}: {len(cards)} cards")
