#!/usr/bin/env python3
"""Makes the set of natural invented texts out of the lines beside this file.

    ./make.py [FOLDER]   writes texts.jsonl, roster.csv and truth.jsonl there; without FOLDER beside itself

A line of <language>.txt or <language>-<manner>.txt is a text: `score; text`; score is 1 to 5 or - for none, " / " a line
break. People stand in braces behind their label: {+Anna} praised, {-Tom} blamed, {~Maria} both, {0Ben} merely named,
{!Nina} mocked, {xPaul} no member of staff. A text is told as it is and, where it has a score, once more without it.
Everybody who is named stands on the roster of the text's site, those who are no staff too: as namesakes.
Needs nothing but Python 3; the same lines give the same files.
"""
import csv, glob, json, os, random, re, sys, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else HERE
STANCES = {'+': 'praised', '-': 'criticised', '~': 'mixed', '0': 'neutral', '!': 'sarcastic', 'x': 'other'}
PERSON = re.compile(r'\{([-+~0!x])([^{}]+)\}')
JOBS = ['cashier', 'server', 'adviser', 'technician', 'nurse', 'receptionist', 'driver', 'doctor', 'agent', 'manager']
TEXTS_OF_SITE, STAFF = 12, 30
TITLES = set('mr mrs ms miss dr doctor prof professor herr herrn frau fr hr mme mlle monsieur madame m docteur sr sra dott '
             'dottor dottoressa sig dra dhr mevr mevrouw meneer signor signora señor señora senhor senhora'.split())


def names_of(language):
    """Names for those whom no text names, and family names."""
    names = {}
    path = os.path.join(HERE, '..', 'stories', f'stories.{language}.txt')
    for line in open(path, encoding='utf-8'):
        kind, _, rest = line.partition(';')
        if kind in ('female', 'male', 'family'):
            names[kind] = [n.strip() for n in rest.split(',')]
    return names['female'] + names['male'], names['family']


def known_given_names():
    path = os.path.join(HERE, '..', '..', '..', '..', 'domain', 'data', 'given_names.txt')
    return {word for line in open(path, encoding='utf-8') if not line.startswith('#') for word in line.lower().split()}


def is_family(surface, before, given):
    """Does the only word of a name stand for the family?"""
    title = before.split()[-1].strip('.,(').lower() if before.split() else ''
    return title in TITLES and surface.lower() not in given


def parse(line, given):
    """Score, text, and whom it names, in order."""
    score, _, marked = line.partition(';')
    marked = marked.strip().replace(' / ', '\n')
    people, at, text = [], 0, ''
    for match in PERSON.finditer(marked):
        text += marked[at:match.start()]
        people.append(dict(surface=match[2].strip(), stance=match[1], is_family=is_family(match[2].strip(), text, given)))
        text += match[2].strip()
        at = match.end()
    text += marked[at:]
    score = score.strip()
    return (None if score == '-' else float(score)), text, people


class Site:
    """Who works at a site: everybody that one of its texts names."""

    def __init__(self, name, rng, given, family):
        self.name, self.rng, self.given, self.family, self.people = name, rng, given, family, []

    def bearer(self, surface, is_family):
        words = surface.split()
        for person in self.people:
            full = f'{person["given_name"]} {person["family_name"]}'
            if surface in (full, person['family_name'] if is_family else person['given_name']):
                return person
        if len(words) > 1:
            return self.add(' '.join(words[:-1]), words[-1])
        if is_family:
            return self.add(self.rng.choice(self.given), surface)
        return self.add(surface, self.rng.choice(self.family))

    def add(self, given_name, family_name):
        person = dict(given_name=given_name, family_name=family_name, job_title=self.rng.choice(JOBS), site=self.name)
        self.people.append(person)
        return person

    def fill(self):
        borne = {p['given_name'] for p in self.people} | {p['family_name'] for p in self.people}
        free = [n for n in self.given if n not in borne and not any(n in said for said in self.said)]
        for name in self.rng.sample(free, max(0, min(len(free), STAFF - len(self.people)))):
            self.add(name, self.rng.choice(self.family))

    said = ()


def same(one, other):
    """Two names in one text that mean one person: "Anna Berg … Anna"."""
    return set(one.split()) <= set(other.split()) or set(other.split()) <= set(one.split())


def cast(people, site):
    """Who each name is: the longest name of a person decides."""
    found = {}
    for label in sorted(people, key=lambda p: -len(p['surface'].split())):
        known = next((p for name, p in found.items() if same(label['surface'], name)), None)
        found.setdefault(label['surface'], known or site.bearer(label['surface'], label['is_family']))
    return found


def main():
    given_names = known_given_names()
    texts, truth, roster = [], [], []
    kind = os.path.basename(FOLDER)
    for path in sorted(glob.glob(os.path.join(FOLDER, '*.txt'))):
        name = os.path.basename(path)[:-len('.txt')]
        language = name.split('-')[0]
        rng = random.Random(zlib.crc32(name.encode()))
        lines = [line.strip() for line in open(path, encoding='utf-8') if ';' in line and not line.startswith('#')]
        given, family = names_of(language)
        for start in range(0, len(lines), TEXTS_OF_SITE):
            group = start // TEXTS_OF_SITE + 1
            site = Site(f'{name.upper()} {group}', rng, given, family)
            told = [parse(line, given_names) for line in lines[start:start + TEXTS_OF_SITE]]
            site.said = [text for _, text, _ in told]
            casts = [cast(people, site) for _, _, people in told]
            site.fill()
            rng.shuffle(site.people)
            for person in site.people:
                person['employee_id'] = f'N{len(roster) + 1:05d}'
                roster.append(person)
            for number, ((score, text, people), who) in enumerate(zip(told, casts)):
                credited = {who[p['surface']]['employee_id'] for p in people if p['stance'] == '+'}
                others = {who[p['surface']]['employee_id']: STANCES[p['stance']] for p in people if p['stance'] != '+'}
                for copy, shown in enumerate([score] if score is None else [score, None]):
                    ident = f'{kind}-{name}-{group:02d}-{number:02d}{"ab"[copy]}'
                    texts.append(dict(id=ident, channel='review', text=text, score=shown, scale_max=shown and 5, site=site.name))
                    truth.append(dict(id=ident, credited=sorted(credited - set(others)), others=others, ambiguous=[],
                                      unnamed_praise=False))
    for name, rows in (('texts', texts), ('truth', truth)):
        with open(os.path.join(FOLDER, name + '.jsonl'), 'w', encoding='utf-8') as f:
            for row in rows:
                f.write(json.dumps(row, ensure_ascii=False) + '\n')
    with open(os.path.join(FOLDER, 'roster.csv'), 'w', newline='', encoding='utf-8') as f:
        w = csv.DictWriter(f, ['employee_id', 'given_name', 'family_name', 'job_title', 'site'], extrasaction='ignore',
                           lineterminator='\n')
        w.writeheader()
        w.writerows(roster)
    print(f'{len(texts)} texts, {len(roster)} staff, {sum(len(t["credited"]) for t in truth)} credits due, '
          f'{sum(len(t["others"]) for t in truth)} people who must not be credited')


if __name__ == '__main__':
    main()
