"""Writes the public holidays of countries into this folder, out of PyPI's `holidays`: `make.py [DIR]`.

A line is a day; after a tab the regions that keep it, by their codes, where the whole country does not. A country is a
line of COUNTRIES.
"""
import pathlib
import sys

import holidays

YEARS = range(2024, 2036)
COUNTRIES = (
    "AT AU BE CA CH CZ DE DK ES FI FR GB GR HR HU IE IN IT JP LU MX NL NO NZ PL PT RO SE SK US ZA"
).split()
WITH_REGIONS = {"AT", "CH", "DE", "GB"}


def days(country, region=None):
    return set(holidays.country_holidays(country, subdiv=region, years=YEARS))


def lines(country):
    everywhere = days(country)
    regions = {}
    if country in WITH_REGIONS:
        # A single city is none.
        for region in filter(str.isupper, holidays.country_holidays(country).subdivisions):
            for day in days(country, region) - everywhere:
                regions.setdefault(day, set()).add(region)
    for day in sorted(everywhere | set(regions)):
        where = "" if day in everywhere else "\t" + ",".join(sorted(regions[day]))
        yield f"{day.isoformat()}{where}\n"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    folder.mkdir(parents=True, exist_ok=True)
    for country in COUNTRIES:
        (folder / f"{country}.tsv").write_text("".join(lines(country)), encoding="utf-8")


main()
