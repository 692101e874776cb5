#!/usr/bin/env python3
"""What the lists of the shield hold back. ./measure.py FOLDER, or ./measure.py --texts FILE"""
import collections
import functools
import pathlib
import re
import sys
import tomllib
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[3] / "domain/data"
LANGUAGES = ["en", "de", "fr", "es"]
# Weak by themselves; a pattern of numbers or streets says what they would say beside it.
WEAK_LISTS, WEAK_PATTERNS = {"address", "phone"}, {"link", "postcode"}


def fold(text):
    text = text.lower().replace("ß", "ss").replace("ł", "l").replace("’", "'")
    text = unicodedata.normalize("NFD", text)
    return re.findall(r"[a-z0-9]+", "".join(c for c in text if not unicodedata.combining(c)))


def word(entry):
    return " ".join(fold(entry)) + ("[a-z]*" if entry.endswith("*") else "") + " "


def either(entries, sets):
    return "(?:" + "|".join(sequence(entry, sets) for entry in entries) + ")"


def sequence(text, sets):
    found = ""
    for element in re.findall(r"\([^()]*\)\??|\{\w+\}\??|…|~|\S+", text):
        optional = element[0] in "({" and element.endswith("?")
        element = element.removesuffix("?") if optional else element
        if element in "…~":
            part = "(?:[A-Za-z0-9]+ ){0,%d}" % (6 if element == "…" else 2)
        elif element == "NAME":
            part = "NAME "
        elif element[0] == "(":
            part = either(element[1:-1].split("|"), sets)
        elif element[0] == "{":
            part = either([entry for entry in sets[element[1:-1]].split(",") if entry.strip()], sets)
        else:
            part = word(element)
        found += f"(?:{part})?" if optional else part
    return found


@functools.cache
def rules(language):
    pack = tomllib.loads((DATA / "languages" / language / "shield.toml").read_text())
    frames = pack.get("frames", {})
    sets = frames.pop("sets", {})
    found = []
    for kind, phrases in pack["shield"].items():
        if kind not in WEAK_LISTS:
            phrases = [phrase for phrase in phrases.replace("\n", " ").split(",") if phrase.strip()]
            found.append((kind, re.compile("(?<= )" + either(phrases, {}))))
    for kind, lines in frames.items():
        lines = [line for line in lines.split("\n") if line.strip()]
        found.append((kind + " (frame)", re.compile("(?<= )" + either(lines, sets))))
    return found


@functools.cache
def patterns():
    every = tomllib.loads((DATA / "languages/shield.toml").read_text())["patterns"]
    # Python's regular expressions know neither \p{L} nor case that is regarded in a part only.
    ours = lambda text: text.replace(r"[\p{L}.", r"[\w.").replace(r"\p{L}", r"[^\W\d_]").replace("(?-i:", "(?:")
    return [(kind, re.compile(ours(text), re.I)) for kind, text in every.items() if kind not in WEAK_PATTERNS]


@functools.cache
def given_names():
    lines = (DATA / "given_names.txt").read_text().split("\n")
    names = {name for line in lines if not line.startswith(("#", "[")) for name in line.split()}
    return names | set("karim lena amina nadja hanna tobias lucie mia nina lea mira".split())


def named(text):
    """Folded, with NAME for what looks like somebody of the staff."""
    titles = r"\b(?:Dr|Mr|Mrs|Ms|Herr|Frau|M\.|Mme|Mademoiselle|Madame|señorita|señora|señor)\.? [A-Z]\w+"
    found = []
    for piece in re.findall(r"[\w’']+", re.sub(titles, "Grace", text)):
        folded = fold(piece)
        if folded and piece[0].isupper() and folded[0] in given_names():
            folded[0] = "NAME"
        found += folded
    return f" {' '.join(found)} "


def held_back_by(language, text):
    plain, with_names = f" {' '.join(fold(text))} ", named(text)
    found = []
    for kind, rule in rules(language):
        match = rule.search(with_names if kind.endswith("(frame)") else plain)
        if match:
            found.append((kind, match[0].strip()))
    for kind, pattern in patterns():
        match = pattern.search(text)
        if match:
            found.append((kind, match[0]))
    return found


def of_labelled(folder):
    for language in LANGUAGES:
        lines = [line.split("\t") for line in (folder / f"{language}.tsv").read_text().splitlines()]
        held = [(kind, bool(held_back_by(language, text))) for kind, text in lines]
        for (kind, text), (_, hit) in zip(lines, held):
            if not hit:
                print(f"{language}: missed ({kind}): {text}")
        print(f"{language}: {sum(hit for _, hit in held)} of {len(held)}")


def of_texts(path):
    all_of, held, by = collections.Counter(), collections.Counter(), collections.Counter()
    for line in pathlib.Path(path).read_text().splitlines():
        language, text = line.split("\t", 1)
        reasons = held_back_by(language, text)
        all_of[language] += 1
        held[language] += bool(reasons)
        by.update((language, *reason) for reason in reasons)
    for language, count in all_of.items():
        print(f"{language}: {held[language]} of {count}")
    for reason, count in by.most_common(40):
        print(count, *reason, sep="\t")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--texts"]:
        of_texts(sys.argv[2])
    else:
        of_labelled(pathlib.Path(sys.argv[1]) if sys.argv[1:] else HERE)
