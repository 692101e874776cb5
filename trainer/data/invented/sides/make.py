#!/usr/bin/env python3
"""Makes texts in which praise and blame stand side by side, out of the parts in sides.<language>.txt.

    ./make.py   writes texts.jsonl, labels.jsonl, roster.csv and truth.jsonl beside itself

What is said of a person (p+ praise, p- blame, p0 neither; `@` is the person), of things and unnamed staff (t+, t-), and
whole sentences about an exception (x+, x-), mock thanks (m!) and lists (l+) are joined by `but` (they disagree) and `and`
(they agree). Names and sites come from the stories. Parts are dealt into groups, and a text takes all its parts from one:
the group is its source, so that no part is on both sides when sources are left out. The same seed gives the same files.
"""
import importlib.util, json, os, random, re, zlib, csv

HERE = os.path.dirname(os.path.abspath(__file__))
LANGUAGES = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pt']
GROUPS, EACH = 8, 110
FAMILY = {'Frau', 'Herr', 'madame', 'monsieur', 'mevrouw', 'meneer', 'la señora', 'el señor', 'la dottoressa',
          'il dottor', 'la signora', 'il signor'}
KINDS = {'t+p-': 14, 'p-t+': 8, 't-p+': 14, 'p+t-': 8, 'p-p+': 12, 'p+p-': 8, 'p+t+': 5, 'p-t-': 5, 'p+p-same': 8,
         'p-p+same': 4, 'p0t+': 4, 'p0t-': 3, 'x+': 3, 'x-': 3, 'm!': 1, 'l+': 2}
STANCES = {'+': 'praised', '-': 'criticised', '0': 'neutral', '!': 'sarcastic', '~': 'mixed'}


def stories():
    spec = importlib.util.spec_from_file_location('stories', os.path.join(HERE, '..', 'stories', 'make.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(language):
    parts = {}
    for line in open(os.path.join(HERE, f'sides.{language}.txt'), encoding='utf-8'):
        kind, rest = line.rstrip('\n').split(';', 1)
        if kind == 'but' or kind == 'and':
            # Patterns end at a mark, and hold semicolons of their own.
            parts[kind] = [p.strip() for p in re.split(r'(?<=[.!?]);', rest)]
        else:
            mark = ',' if kind.startswith('role') else r'(?<=[.!?]);' if kind[0] in 'xml' else ';'
            parts[kind] = [p.strip() for p in re.split(mark, rest)]
    return parts


class Teller:
    def __init__(self, parts, group, site, rng):
        self.parts, self.group, self.site, self.rng = parts, group, site, rng
        self.used, self.mentions, self.credited, self.others = set(), [], set(), {}

    def pick(self, kind):
        own = [p for i, p in enumerate(self.parts[kind]) if i % GROUPS == self.group]
        return self.rng.choice(own or self.parts[kind])

    def person(self, stance, subject):
        person = self.rng.choice([p for p in self.site if p['gender'] in 'fm' and p['employee_id'] not in self.used])
        self.used.add(person['employee_id'])
        role = self.rng.choice(self.parts['role ' + person['gender']]) if subject and self.rng.random() < .45 else ''
        part = 'l' if role in FAMILY else 'f' if self.rng.random() < .12 else 'g'
        surface = {'g': person['given_name'], 'l': person['family_name'],
                   'f': person['given_name'] + ' ' + person['family_name']}[part]
        self.mentions.append(dict(surface=surface, kind='staff', stance=STANCES[stance],
                                  part={'g': 'given', 'l': 'family', 'f': 'full'}[part]))
        if stance == '+':
            self.credited.add(person['employee_id'])
        else:
            self.others[person['employee_id']] = STANCES[stance]
        return (role + ' ' + surface).strip(), person['gender']

    def say(self, kind, stance=None):
        """What is said, with a new person for each `@`."""
        text = self.pick(kind)
        while '@' in text:
            name, self.gender = self.person(stance or kind[1], text.startswith('@ ') and kind[0] == 'p')
            text = text.replace('@', name, 1)
        return text

    def go_on(self, kind):
        """What else is said of the same person."""
        pronoun = self.parts['pronoun'][self.gender == 'm']
        fits = [p for p in self.parts[kind] if p.startswith('@ ')]
        own = [p for p in fits if self.parts[kind].index(p) % GROUPS == self.group]
        return (pronoun + self.rng.choice(own or fits)[1:]).strip()

    def text(self, kind):
        if kind in ('x+', 'x-', 'm!', 'l+'):
            return self.say(kind)
        if kind.endswith('same'):
            first = self.say(kind[:2], '~')
            return self.join('but', first, self.go_on(kind[2:4]))
        first, second = kind[:2], kind[2:]
        link = 'and' if first[1] == second[1] or '0' in kind else 'but'
        return self.join(link, self.say(first), self.say(second))

    def join(self, link, first, second):
        pattern = self.rng.choice(self.parts[link])
        out = re.sub(r'\b[AB]\b', lambda m: first if m.group() == 'A' else second, pattern)
        out = re.sub(r'([.!?] )(\w)', lambda m: m.group(1) + m.group(2).upper(), out)
        return out[0].upper() + out[1:]


def main():
    told = stories()
    texts, labels, truth, roster, serial = [], [], [], [], [60000]
    for language in LANGUAGES:
        rng = random.Random(zlib.crc32((language + 'sides').encode()))
        parts = read(language)
        sites = told.rosters(language, told.read(language)[0], [], rng, serial)
        for people in sites.values():
            roster.extend(people)
        for group in range(GROUPS):
            seen = set()
            for number in range(EACH):
                kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
                site = rng.choice(sorted(sites))
                teller = Teller(parts, group, sites[site], rng)
                text = teller.text(kind)
                if text in seen:
                    continue
                seen.add(text)
                if rng.random() < .06:
                    text = text.lower()
                    for m in teller.mentions:
                        m['surface'] = m['surface'].lower()
                agree = kind in ('p+t+', 'p-t-', 'x+', 'm!')
                stars = {'p+t+': [5, 5, 4], 'p-t-': [1, 1, 2], 'm!': [1, 2], 'x+': [1, 2, 2]}.get(kind, [2, 3, 3, 4])
                number_of_stars = float(rng.choice(stars)) if rng.random() < .35 else None
                ident = f'invented-{language}-sides{group}-{number}'
                texts.append(dict(id=ident, channel='survey', text=text, score=number_of_stars,
                                  scale_max=5 if number_of_stars else None, site=site))
                labels.append(dict(id=ident, overall='praise' if kind == 'p+t+' else 'complaint' if agree else 'mixed',
                                   mentions=teller.mentions, unnamed_praise=False, lang=language,
                                   source=f'invented-{language}-sides{group}'))
                truth.append(dict(id=ident, credited=sorted(teller.credited), others=teller.others, ambiguous=[],
                                  unnamed_praise=False))
    for name, rows in (('texts', texts), ('labels', labels), ('truth', truth)):
        with open(os.path.join(HERE, name + '.jsonl'), 'w', encoding='utf-8') as f:
            f.writelines(json.dumps(row, ensure_ascii=False) + '\n' for row in rows)
    with open(os.path.join(HERE, 'roster.csv'), 'w', newline='', encoding='utf-8') as f:
        w = csv.DictWriter(f, ['employee_id', 'given_name', 'family_name', 'job_title', 'site'], extrasaction='ignore',
                           lineterminator='\n')
        w.writeheader()
        w.writerows(roster)
    print(f'{len(texts)} texts, {len(roster)} staff, {sum(len(t["credited"]) for t in truth)} credits due, '
          f'{sum(len(t["others"]) for t in truth)} people who must not be credited')


if __name__ == '__main__':
    main()
