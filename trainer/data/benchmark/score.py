#!/usr/bin/env python3
"""Score any system on the benchmark.

    score.py FOLDER PREDICTIONS.jsonl [--errors]

FOLDER is one of da, de, en, es, fr, it, nl, pt, manners. A prediction is a JSON object a line:
    {"id": "de-clinic-001", "people": ["DE001"], "candidates": ["DE001", "DE010"]}
`people` are credited without a human, `candidates` are put before one, best first; both may be absent, and an entry may
be an object with "employee_id" (which is what `plaudit attribute` prints).

A text is decided as it should be if
    expect "attributed": `people` are exactly those in `credited`;
    expect "triage":     nobody is credited, and those in `triage` are among the first five candidates;
    expect "none":       nobody is credited.
Where the second reader decided otherwise (disagreements.md), either decision counts as right. Needs nothing but Python 3.
"""
import json
import os
import sys


def lines(path):
    with open(path, encoding='utf-8') as f:
        return [json.loads(line) for line in f if line.strip()]


def ids(entries):
    return [e['employee_id'] if isinstance(e, dict) else e for e in entries or []]


def as_decided(truth, people, candidates):
    if truth['expect'] == 'attributed':
        return set(people) == set(truth['credited'])
    if truth['expect'] == 'triage':
        return not people and set(truth['triage']) <= set(candidates[:5])
    return not people


def main():
    folder, predictions = sys.argv[1:3]
    predicted = {p['id']: p for p in lines(predictions)}
    truths = lines(os.path.join(folder, 'truth.jsonl'))
    second = os.path.join(folder, 'second.jsonl')
    readings = {t['id']: t for t in lines(second)} if os.path.exists(second) else {}
    texts = {t['id']: t['text'] for t in lines(os.path.join(folder, 'texts.jsonl'))}
    right = due = found = credited = wrong = asked = blamed = 0
    errors = []
    for truth in truths:
        p = predicted.get(truth['id'], {})
        people, candidates = ids(p.get('people')), ids(p.get('candidates'))
        ok = as_decided(truth, people, candidates) or as_decided(readings.get(truth['id'], truth), people, candidates)
        right += ok
        due += len(truth['credited'])
        found += len(set(people) & set(truth['credited']))
        credited += len(set(people))
        wrong += len(set(people) - set(truth['credited']))
        blamed += len(set(people) & set(truth['others']))
        asked += not ok and truth['expect'] == 'attributed' and set(truth['credited']) <= set(people) | set(candidates[:5])
        if not ok:
            errors.append(f'{truth["id"]}: {texts[truth["id"]]}\n    expected {truth["expect"]} '
                          f'{truth["credited"] or truth["triage"]}, got {people}, candidates {candidates[:5]}')
    print(json.dumps({'texts': len(truths), 'as_decided': right, 'of_100': round(100 * right / len(truths), 1),
                      'credits_due': due, 'credited': credited, 'found': found, 'wrong': wrong,
                      'not_praised_but_credited': blamed, 'right_but_asked': asked}))
    if '--errors' in sys.argv:
        print('\n'.join(errors))


main()
