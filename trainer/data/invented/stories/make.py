#!/usr/bin/env python3
"""Makes the invented training set out of the stories beside this file.

    ./make.py [FOLDER]   writes texts.jsonl, labels.jsonl, roster.csv and truth.jsonl there; without FOLDER beside itself

A line of stories.<language>.txt is a story: `family; score; text`. People stand in braces: `{Af+g}` is person A, a woman,
praised, named by her given name. Stance: + praised, - criticised, ~ mixed, 0 neutral, ! mocked, k kin, c the customer.
Part: g given, f full, l family name. `[Paris|place]` is a name that is no person of the staff. Lines `open+`, `open-`,
`close+`, `close-` hold sentences that name nobody and are put before or behind a story marked `*` after its score.
Needs nothing but Python 3; the same seed gives the same files.
"""
import csv, json, os, random, re, sys, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else HERE
LANGUAGES = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'sv', 'tr']
SITES, STAFF, COPIES = 12, 40, 7
STANCES = {'+': 'praised', '-': 'criticised', '~': 'mixed', '0': 'neutral', '!': 'sarcastic'}
JOBS = ['cashier', 'server', 'adviser', 'technician', 'nurse', 'receptionist', 'driver', 'doctor', 'agent', 'manager']
PERSON = re.compile(r'\{([A-Z])([fm])([-+~0!kc])([gfl])\}')
NAME = re.compile(r'\[([^|\]]+)\|(\w+)\]')


def read(language, folder=FOLDER):
    names, stories, frames = (read(language, HERE)[0] if folder != HERE else {}), [], {}
    for line in open(os.path.join(folder, f'stories.{language}.txt'), encoding='utf-8'):
        line = line.rstrip('\n')
        if not line or line.startswith('#'):
            continue
        kind, rest = line.split(';', 1)
        if kind in ('female', 'male', 'family'):
            names[kind] = [n.strip() for n in rest.split(',')]
        elif kind in ('open+', 'open-', 'close+', 'close-'):
            frames.setdefault(kind, []).append(rest.strip())
        else:
            score, text = rest.split(';', 1)
            stories.append((kind.strip(), score.strip(), text.strip().replace(' / ', '\n')))
    return names, stories, frames


def rosters(language, names, surfaces, rng, serial):
    """Sites on which nobody shares a name with a colleague; on some, somebody bears the name of a place, word or brand."""
    sites = {}
    for number in range(SITES):
        site = f'{language.upper()} {number + 1}'
        half = min(STAFF // 2, len(names['female']) - 8, len(names['male']) - 8)
        people = [(g, 'f') for g in rng.sample(names['female'], half)] + [(g, 'm') for g in rng.sample(names['male'], half)]
        families = rng.sample(names['family'], len(people))
        rng.shuffle(people)
        sites[site] = []
        for surface in surfaces:
            if rng.random() < 0.25:
                people.append((surface.title(), 'x'))
                families.append(rng.choice(names['family']))
        for (given, gender), family in zip(people, families):
            serial[0] += 1
            sites[site].append(dict(employee_id=f'I{serial[0]:05d}', given_name=given, family_name=family, gender=gender,
                                    job_title=rng.choice(JOBS), site=site))
    return sites


def tell(story, site, names, rng):
    """The text, its mentions and what is true on the roster."""
    family, score, text = story
    used, cast, mentions, credited, others = set(), {}, [], set(), {}

    def choose(key, gender, stance):
        if key in cast:
            return cast[key]
        if stance in 'kc' and rng.random() > 0.3:
            here = {p['given_name'] for p in site}
            free = [n for n in names['female' if gender == 'f' else 'male'] if n not in here]
            person = dict(employee_id='', given_name=rng.choice(free), family_name=rng.choice(names['family']))
        else:
            person = rng.choice([p for p in site if p['gender'] == gender and p['employee_id'] not in used])
            used.add(person['employee_id'])
        cast[key] = person
        return person

    def put(match):
        key, gender, stance, part = match.groups()
        person = choose(key, gender, stance)
        surface = {'g': person['given_name'], 'l': person['family_name'],
                   'f': person['given_name'] + ' ' + person['family_name']}[part]
        label = dict(surface=surface, kind={'k': 'kin', 'c': 'customer'}.get(stance, 'staff'),
                     stance=STANCES.get(stance, 'neutral'), part={'g': 'given', 'l': 'family', 'f': 'full'}[part])
        first = next((m for m in mentions if m['_key'] == key), None)
        if first is None or first['surface'] != surface:
            if first is not None:
                label['same_as'] = first['surface']
            label['_key'] = key
            mentions.append(label)
        if person['employee_id']:
            if stance == '+':
                credited.add(person['employee_id'])
            else:
                others[person['employee_id']] = {'k': 'kin', 'c': 'customer'}.get(stance) or STANCES[stance]
        return surface

    def put_name(match):
        surface, kind = match.groups()
        mentions.append(dict(surface=surface, kind=kind, stance='neutral', _key=surface))
        for person in site:
            if person['given_name'].lower() == surface.lower():
                others.setdefault(person['employee_id'], kind)
        return surface

    text = NAME.sub(put_name, PERSON.sub(put, text))
    for m in mentions:
        m.pop('_key', None)
    return text, mentions, credited - set(others), others


def main():
    texts, labels, truth, roster, serial = [], [], [], [], [0]
    for language in LANGUAGES:
        if not os.path.exists(os.path.join(FOLDER, f'stories.{language}.txt')):
            continue
        rng = random.Random(zlib.crc32((language + os.path.relpath(FOLDER, HERE).strip('.')).encode()))
        names, stories, frames = read(language)
        surfaces = sorted({surface for story in stories for surface, _ in NAME.findall(story[2])})
        sites = rosters(language, names, surfaces, rng, serial)
        for people in sites.values():
            roster.extend(people)
        counts, seen = {}, set()
        for story in stories:
            family, score, _ = story
            counts[family] = counts.get(family, 0) + 1
            people_needed = len(set(k for k, *_ in PERSON.findall(story[2])))
            for copy in range(COPIES):
                site = rng.choice(sorted(sites))
                text, mentions, credited, others = tell(story, sites[site], names, rng)
                if score.endswith('*'):
                    mood = '+' if score[0] in '45' else '-'
                    if copy % 3 != 0 and frames.get('open' + mood):
                        text = rng.choice(frames['open' + mood]) + ' ' + text
                    if copy % 2 and frames.get('close' + mood):
                        text = text + ' ' + rng.choice(frames['close' + mood])
                if copy == COPIES - 1 and language != 'de' and rng.random() < 0.3:
                    text = text.lower()
                    for m in mentions:
                        m['surface'] = m['surface'].lower()
                        if 'same_as' in m:
                            m['same_as'] = m['same_as'].lower()
                if people_needed and text in seen or (site, text) in seen:
                    continue
                seen.update([text, (site, text)])
                source = f'invented-{language}-{family}-{counts[family]:02d}'
                ident = f'{source}-{copy}'
                given = score.rstrip('*')
                number = float(given) if given != '-' and rng.random() < 0.7 else None
                stances = {m['stance'] for m in mentions if m['kind'] == 'staff'}
                overall = ('mixed' if {'praised', 'criticised'} <= stances or 'mixed' in stances else
                           'praise' if given in ('4', '5') else 'complaint' if given in ('1', '2') else 'neutral')
                texts.append(dict(id=ident, channel='survey', text=text, score=number, scale_max=5 if number else None,
                                  site=site))
                labels.append(dict(id=ident, overall=overall, mentions=mentions, unnamed_praise=False, lang=language,
                                   source=source))
                truth.append(dict(id=ident, credited=sorted(credited), others=others, ambiguous=[], unnamed_praise=False))
    for name, rows in (('texts', texts), ('labels', labels), ('truth', truth)):
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
