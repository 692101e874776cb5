"""Writes the messy files of tests/it/files.rs, as people's programs would: run it here, with openpyxl 3.1.
The names are invented. What is expected of each file stands in expected.toml."""

import datetime
import pathlib
import zipfile

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HERE = pathlib.Path(__file__).parent
day = datetime.date


def workbook(name, *sheets, epoch=None):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    book.remove(book.active)
    for title, rows, then in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if then:
            then(sheet)
    book.save(HERE / name)


def text(name, content, encoding="utf-8", ends="\n"):
    (HERE / name).write_bytes(content.replace("\n", ends).encode(encoding))


# Rosters.
def titled(sheet):
    sheet.merge_cells("A1:F1")
    sheet["H40"].number_format = "0.00"


workbook(
    "de-titel.xlsx",
    (
        "Mitarbeiter",
        [
            ["Mitarbeiterliste Hafenkontor, Stand November"],
            [],
            ["Personalnummer", "Nachname", "Vorname", "Filiale", "Vorgesetzter", "Eintritt", "Gehalt"],
            ["00123", "Großmann", "Änne", "Kiel", None, day(2015, 4, 1), 1],
            ["00124", "Petersen", "Jörn", "Kiel", "Änne Großmann", day(2020, 12, 31), 2],
            [None, None, None, None, None, None, None],
            ["00125", "Öztürk", "Selin", "Kiel", "Großmann, Änne", day(2021, 3, 4), 3],
            [None],
            [" ", None, ""],
        ],
        titled,
    ),
)


def merged(sheet):
    sheet.merge_cells("C2:C4")


workbook(
    "fr-fusion.xlsx",
    (
        "Feuil1",
        [
            ["Matricule", "Nom et prénom", "Magasin", "Responsable", "Date d'embauche"],
            [4711.0, "DE LA RIVE Maëlle", "Lyon", None, 42095],
            [4712.0, "CHENU Basile", None, 4711, 44196],
            [4713.0, "CHENU Odile", None, "4711", 44259],
            [4714.0, "MERCIER Hugo", "Nantes", "DE LA RIVE Maëlle", None],
        ],
        merged,
    ),
)


def hidden(sheet):
    sheet.sheet_state = "hidden"


workbook(
    "es-segunda-hoja.xlsx",
    ("Vieja", [["Nº empleado", "Nombre", "Apellidos", "Tienda"], ["9", "Nadie", "Nada", "Soria"]], hidden),
    ("Léeme", [["Lista de personal"], ["Hecha por la oficina"]], None),
    (
        "Personal",
        [
            ["Nº empleado", "Nombre", "Apellidos", "Tienda", "Correo", "Jefe directo", "Fecha de alta"],
            [17, "Ana María", "García Soto", "Soria", "ana@tienda.example", None, day(2019, 2, 3)],
            [18, "Iker", "Núñez Vidal", "Soria", "iker@tienda.example", "ANA@tienda.example", day(2022, 11, 5)],
        ],
        None,
    ),
)


def zeros(sheet):
    for row in (2, 3):
        sheet[f"A{row}"].number_format = "00000"
        sheet[f"E{row}"].number_format = "m/d/yy"


workbook(
    "en-1904.xlsx",
    (
        "Staff",
        [
            ["Employee number", "First name", "Surname", "Store", "Hire date", "Line manager"],
            [123, "Ruth", "Adlam", "Leith", day(2015, 4, 1), None],
            [124, "Piotr", "Nairn", "Leith", day(2021, 3, 4), "00123"],
        ],
        zeros,
    ),
    epoch=CALENDAR_MAC_1904,
)

text(
    "de-windows.csv",
    "Pers.-Nr.;Name;Vorname;Standort;E-Mail;Führungskraft;Austritt\n"
    "7;Groß;Änne;Köln;aenne@kontor.example;;\n"
    "8;Müller;Jürgen;Köln;;7;31.12.2030\n",
    "cp1252",
    "\r\n",
)
text(
    "fr-utf16.tsv",
    "Matricule\tNom\tPrénom\tPoint de vente\tDate d’entrée\n12\tLefèvre\tZoé\tRennes\t1er avril 2015\n",
    "utf-16",
    "\r\n",
)
text("en-pipe.txt", "Staff ID|Full name|Branch|Reports to\nA1|Adlam, Ruth|Leith|\nA2|Piotr Nairn|Leith|Adlam, Ruth\n")
text(
    "es-bom.csv",
    "Código empleado;Apellidos y nombre;Sucursal;Responsable;Fecha ingreso\n"
    "21;García Soto, Ana;Soria;;03/04/2019\n22;Núñez Vidal, Iker;Soria;21;31/12/2020\n",
    "utf-8-sig",
)
text("de-sep.csv", "sep=;\nPersonalnummer;Vorname;Nachname;Filiale\n1;Ida;Marsch;Emden\n", ends="\r\n")
text(
    "en-breaks.csv",
    'Roster of the shop floor\n\nemployee_id,given_name,family_name,site,job_title,Shoe size\n'
    'E1,Ruth,Adlam,Leith,"Till\nand returns",41\n\nE2,Piotr,Nairn,Leith,"Baker, early",44\n',
)
text(
    "us-days.csv",
    "Employee ID,First Name,Last Name,Location,Start Date\n1,Dana,Whitlock,Tacoma,03/04/2019\n2,Lou,Brandt,Tacoma,12/31/2020\n",
)
text(
    "en-open-days.csv",
    "Employee ID,First Name,Last Name,Location,Start Date\n1,Dana,Whitlock,Tacoma,03/04/2019\n2,Lou,Brandt,Tacoma,05/06/2020\n",
)
text(
    "en-mixed-days.csv",
    "Employee ID,First Name,Last Name,Location,Start Date\n1,Dana,Whitlock,Tacoma,31/12/2019\n2,Lou,Brandt,Tacoma,12/31/2020\n",
)
text(
    "en-no-manager.csv",
    "Staff number,First name,Last name,Store,Manager\n"
    + "1,Ruth,Adlam,Leith,\n"
    + "".join(f"{number},Nico,Nairn,Leith,Ruth Angel\n" for number in range(2, 8))
    + "8,Ada,Quill,Leith,Ruth Adlam\n",
)
text(
    "de-gleiche-namen.csv",
    "Personalnummer;Vorname;Nachname;Filiale;Vorgesetzte\n1;Anna;Berg;Emden;\n2;Anna;Berg;Emden;\n3;Ole;Harms;Emden;Anna Berg\n",
)
text("de-ohne-nummer.csv", "Kürzel;Vorname;Nachname;Filiale\nimar;Ida;Marsch;Emden\n")
text(
    "en-bad-days.csv",
    "Staff number,First name,Last name,Store,Joined\n1,Ruth,Adlam,Leith,soon\n2,Piotr,Nairn,Leith,31.02.2020\n3,Ada,Quill,Leith,2020-01-01\n",
)
text("fr-double.csv", "Matricule;Prénom;Nom;Magasin\n5;Zoé;Lefèvre;Rennes\n5;Basile;Chenu;Rennes\n", "cp1252")
text("en-empty.csv", "\n\n")
text("en-web-page.xls", "<html><body><table><tr><td>Staff ID</td></tr></table></body></html>\n")
(HERE / "en-before-2007.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
text("en-printed.pdf", "%PDF-1.7\n%%EOF\n")
(HERE / "en-torn.xlsx").write_bytes((HERE / "en-1904.xlsx").read_bytes()[:3000])
with zipfile.ZipFile(HERE / "en-photos.zip", "w") as archive:
    archive.writestr("photo.txt", "no table")
with zipfile.ZipFile(HERE / "de-calc.ods", "w") as archive:
    archive.writestr("content.xml", "<office:document-content/>")

# Comments.
workbook(
    "de-kommentare.xlsx",
    (
        "Antworten",
        [
            ["Export der Umfrage"],
            ["Datum", "Filiale", "Sterne", "Kommentar", "Kunde"],
            [datetime.datetime(2026, 11, 18, 18, 30), "Leith", 5, "Frau Groß war wunderbar.", "K. Voss"],
            [datetime.datetime(2026, 11, 19, 9, 5), "Leith", 4, "Schnell\nund freundlich.", None],
            [datetime.datetime(2026, 11, 19, 9, 6), "Leith", 2, None, None],
        ],
        None,
    ),
)
text(
    "fr-avis.csv",
    "Date de visite;Magasin;Commentaire\n18 novembre 2026;Leith;Zoé m’a très bien servie.\n1er nov. 2026;Leith;Parfait\n",
    "cp1252",
)
text("us-survey.csv", "Comment,Date\nGreat help,11/18/2026 6:17 PM\nThanks,11/02/2026 9:00 AM\n")
text("en-open-times.csv", "Comment,Date\nGreat help,03/04/2026 10:00\nThanks,05/06/2026 09:00\n")
text(
    "es-comentarios.tsv",
    "Marca temporal\tTienda\tSu opinión\n18/11/2026 10:00\tLeith\tMuy amables\n19/11/2026 11:00\tNowhere\tBien\n20/11/2026 11:00\tNowhere\tBien\n",
    "utf-16",
)
text("en-no-words.csv", "Colour,Shape\nred,round\n")
