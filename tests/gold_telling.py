"""The second half of tests/gold: who is told of labelled texts, counted where the mails arrive.

Every second manager reports to a head, two of three sites have a lead, one administrator has the rest. Whom the
product should tell follows here from the roster file alone, by the rules of the manual, so that both can be compared.
"""
import collections, csv, email, email.policy, socket, sqlite3, subprocess, uuid

from aiosmtpd.controller import Controller

HEAD = {'employee_id': 'H000001', 'given_name': 'Zsuzsanna', 'family_name': 'Qvistgaard', 'site': 'Head Office',
        'email': 'head@example.test'}
OFFICE = 'office@example.test'


class Sink:
    """A mail server of somebody else's making that keeps what it is given, and what is wrong with it."""

    def __init__(self):
        self.mails, self.faults = [], []
        self.controller = Controller(self, hostname='127.0.0.1', port=0, enable_SMTPUTF8=False)

    def __enter__(self):
        # The controller cannot be asked for a free port, only for this one.
        self.controller.port = free_port()
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def settings(self):
        return {'PLAUDIT_MAIL__TRANSPORT': 'smtp', 'PLAUDIT_MAIL__SMTP_HOST': '127.0.0.1',
                'PLAUDIT_MAIL__SMTP_PORT': str(self.controller.port), 'PLAUDIT_MAIL__SMTP_ENCRYPTION': 'none',
                'PLAUDIT_MAIL__FROM': 'Plaudit <plaudit@gold.example>', 'PLAUDIT_SERVER__BASE_URL': 'https://gold.example'}

    async def handle_DATA(self, _server, _session, envelope):
        try:
            message = email.message_from_bytes(envelope.original_content, policy=email.policy.strict)
            for part in message.walk():
                if not part.is_multipart():
                    part.get_content()
            if not all(line.isascii() and len(line) <= 998 for line in envelope.original_content.split(b'\r\n')):
                raise ValueError('a line that is too long, or not ASCII')
            if len(envelope.rcpt_tos) != 1 or message['To'] != envelope.rcpt_tos[0]:
                raise ValueError('not one recipient, or another than it says')
        except Exception as fault:
            self.faults.append(repr(fault))
            return '554 5.6.0 malformed'
        self.mails.append((message['Message-ID'].strip('<>').split('@')[0], envelope.rcpt_tos[0]))
        return '250 2.0.0 taken'


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def with_head(path, into):
    """A roster in which every second manager reports to a head."""
    with open(path, newline='', encoding='utf-8') as file:
        reader = csv.DictReader(file)
        fields, people = reader.fieldnames, list(reader)
    bosses = [person for person in people if not person['manager_employee_id']]
    for boss in bosses[::2]:
        boss['manager_employee_id'] = HEAD['employee_id']
    with open(into, 'w', newline='', encoding='utf-8') as file:
        rows = csv.DictWriter(file, fields, restval='')
        rows.writeheader()
        rows.writerows([HEAD, *people])
    return into


class Database:
    def __init__(self, url):
        self.url, self.is_sqlite = url, url.startswith('sqlite:')

    def rows(self, query, *parameters):
        if self.is_sqlite:
            with sqlite3.connect(self.url.removeprefix('sqlite://'), timeout=30) as connection:
                found = connection.execute(query, parameters).fetchall()
            return [[str(uuid.UUID(bytes=cell)) if isinstance(cell, bytes) else cell for cell in row] for row in found]
        printed = subprocess.run(['psql', '--csv', '--tuples-only', '--command', query, self.url], check=True,
                                 capture_output=True, text=True).stdout
        return [[cell or None for cell in row] for row in csv.reader(printed.splitlines())]

    def add_administrator(self):
        """There is no other way to one yet without signing in."""
        ids = [uuid.uuid4(), uuid.uuid4()]
        organisation = self.rows('SELECT id FROM organisation')[0][0]
        shown = (lambda i: f"x'{uuid.UUID(str(i)).hex}'") if self.is_sqlite else (lambda i: f"'{i}'")
        account, grant, organisation = map(shown, [*ids, organisation])
        self.rows('INSERT INTO account (id, organisation_id, email, frequency, own_praise, digest_minute, created_at) VALUES '
                  f"({account}, {organisation}, '{OFFICE}', 'at_once', false, 8, CURRENT_TIMESTAMP)")
        self.rows('INSERT INTO "grant" (id, organisation_id, account_id, role, created_at) VALUES '
                  f"({grant}, {organisation}, {account}, 'administrator', CURRENT_TIMESTAMP)")


class Roster:
    """Whom to tell, by the roster file and the leads that were set."""

    def __init__(self, path):
        with open(path, newline='', encoding='utf-8') as file:
            self.people = {person['employee_id']: person for person in csv.DictReader(file)}
        self.leads = {}

    def choose_leads(self):
        here = collections.defaultdict(list)
        for person in self.people.values():
            here[person['site']].append(person['employee_id'])
        for number, (site, people) in enumerate(sorted(here.items())):
            if number % 3:
                self.leads[site] = people[number % len(people)]
        return self.leads

    def address(self, employee_id):
        return self.people[employee_id]['email']

    def of_praise(self, employee_id, site):
        manager = self.people[employee_id]['manager_employee_id']
        return self.address(manager) if manager else self.of_site(site, but=employee_id)

    def of_site(self, site, but=None):
        lead = self.leads.get(site)
        return self.address(lead) if lead and lead != but else OFFICE


def set_leads(plaudit, roster):
    sites = {site['path']: site['id'] for site in plaudit.pages('/v1/sites')}
    people = {person['employee_id']: person['id'] for person in plaudit.pages('/v1/staff')}
    for site, lead in roster.choose_leads().items():
        plaudit.patch(f'/v1/sites/{sites[site]}', {'lead_id': people[lead]})
    plaudit.patch('/v1/organisation', {'board_mode': 'full'})


class Telling:
    """What the database says was told."""

    def __init__(self, database):
        self.staff = dict(database.rows('SELECT id, employee_id FROM staff_member'))
        self.sites = dict(database.rows('SELECT id, path FROM site'))
        own = {i: address for i, address in database.rows('SELECT id, email FROM staff_member')}
        self.readers = {i: address or own.get(staff)
                        for i, staff, address in database.rows('SELECT id, staff_id, email FROM account')}
        self.comments = {i: (tone, self.sites.get(site))
                         for i, tone, site in database.rows('SELECT id, tone, site_id FROM comment')}
        self.recognitions = database.rows('SELECT id, comment_id, staff_id, site_id FROM recognition WHERE withdrawn_at IS NULL')
        self.notices = {i: (self.readers.get(reader), kind, comment, state) for i, reader, kind, comment, state
                        in database.rows('SELECT id, reader_id, kind, comment_id, state FROM notice')}
        self.told = collections.defaultdict(list)
        for recognition, notice in database.rows(
                "SELECT recognition_id, notice_id FROM notice_recognition WHERE part = 'praise'"):
            self.told[recognition].append(notice)


def check(plaudit, database, roster, sink):
    """Prints the figures; returns what is wrong."""
    telling, wrong = Telling(database), [f'a mail is malformed: {fault}' for fault in sink.faults]
    wrong += recognitions_stand_once(telling, roster)
    wrong += mails_are_once(telling, sink)
    wrong += complaints_reach_leads_only(telling, roster, sink)
    wrong += boards_add_up(plaudit, telling)
    kinds = collections.Counter((kind, state) for _, kind, _, state in telling.notices.values())
    print('notices:', ', '.join(f'{count} {kind} {state}' for (kind, state), count in sorted(kinds.items())))
    print(f'{len(sink.mails)} mails to {len({to for _, to in sink.mails})} readers')
    return wrong


def recognitions_stand_once(telling, roster):
    wrong, people = [], 0
    for recognition, comment, staff, site in telling.recognitions:
        people += bool(staff)
        site = telling.sites.get(site)
        due = roster.of_praise(telling.staff[staff], site) if staff else roster.of_site(site)
        notices = [telling.notices[notice] for notice in telling.told[recognition]]
        said = [(reader, kind, about) for reader, kind, about, _ in notices]
        if said != [(due, 'praise' if staff else 'site_praise', comment)]:
            wrong.append(f'recognition {recognition}: told by {notices}, and {due} is the one')
        if staff and any(state != 'sent' for *_, state in notices):
            wrong.append(f'recognition {recognition} is not told: {notices}')
    print(f'{people} recognitions and {len(telling.recognitions) - people} praises of sites, each in one notice')
    return wrong


def mails_are_once(telling, sink):
    wrong = []
    for notice, count in collections.Counter(notice for notice, _ in sink.mails).items():
        if count > 1:
            wrong.append(f'notice {notice} was mailed {count} times')
    sent = {notice for notice, (*_, state) in telling.notices.items() if state == 'sent'}
    wrong += [f'notice {notice} is sent and not arrived, or the reverse' for notice in sent ^ {n for n, _ in sink.mails}]
    of = collections.Counter((telling.notices[notice][2], to) for notice, to in sink.mails)
    wrong += [f'{to} got {count} mails on comment {comment}' for (comment, to), count in of.items() if count > 1]
    wrong += [f'notice {notice} went to {to}' for notice, to in sink.mails if telling.notices[notice][0] != to]
    return wrong


def complaints_reach_leads_only(telling, roster, sink):
    wrong, count = [], 0
    for notice, to in sink.mails:
        _, kind, comment, _ = telling.notices[notice]
        tone, site = telling.comments[comment]
        if kind == 'complaint' or tone == 'complaint':
            count += 1
            if to != roster.of_site(site):
                wrong.append(f'a {kind} of a comment that is {tone}, {comment}, went to {to}')
    recognised = {comment for _, comment, _, _ in telling.recognitions}
    wrong += [f'comment {comment} complains and credits' for comment in recognised if telling.comments[comment][0] == 'complaint']
    print(f'{count} mails of complaints, all to leads of the site, or the office where there is none')
    return wrong


def boards_add_up(plaudit, telling):
    people = sum(1 for _, _, staff, _ in telling.recognitions if staff)
    board = lambda scope: sum(row['count'] for row in plaudit.pages(f'/v1/board?period=year{scope}'))
    whole, by_site = board(''), sum(board(f'&site={site}') for site in telling.sites)
    rebuilt = plaudit.run('rebuild', '--check').strip()
    print(f'boards: {whole} in the organisation, {by_site} over all sites, {people} recognitions; rebuild: {rebuilt}')
    return [] if whole == by_site == people else ['the boards do not add up']
