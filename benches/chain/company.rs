//! A company with invented people, and what its customers say: six in ten name somebody.
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

const FIRST: [&str; 20] = [
    "Mar", "Jo", "El", "An", "Ta", "Ni", "Ro", "Sa", "Le", "Da", "Ka", "Vi", "Mi", "Be", "Ga", "Lu", "Pe",
    "Te", "Zo", "Ha",
];
const SECOND: [&str; 20] = [
    "lina", "nah", "rik", "vin", "mira", "ra", "nis", "ton", "bel", "son", "dora", "lia", "rek", "mon",
    "sha", "vian", "cia", "rin", "leth", "ko",
];
const PLACE: [&str; 25] = [
    "Bren", "Hal", "Ash", "Wick", "Thorn", "Stan", "Kel", "Mor", "Lang", "Win", "Ald", "Cran", "Dun", "Eas",
    "Fen", "Gar", "Hol", "Ing", "Kirk", "Lin", "Nor", "Pem", "Rad", "Sel", "Tor",
];
const ENDING: [&str; 25] = [
    "ford", "ley", "by", "worth", "field", "wood", "ham", "stow", "dale", "brook", "mere", "gate", "ridge",
    "shaw", "well", "burn", "cote", "holt", "lock", "marsh", "more", "side", "stead", "ton", "wick",
];
const PEOPLE_A_MANAGER: u32 = 10;
const PEOPLE_A_SITE: u32 = 110;
const TEXTS: [&str; 10] = [
    "{given} {family} at the till was so kind and helpful when my card would not work, thank you {given}!",
    "Big thanks to {given} {family} for staying after closing time to find my parcel.",
    "{given} {family} explained everything patiently. Best service I have had in years.",
    "I want to praise {given} {family}, who went out of their way for my mother.",
    "Lovely visit, and {given} {family} remembered us from last year!",
    "Thank you {given} {family} - you made my day.",
    "The queue was long and nobody seemed to know where the returns desk was.",
    "Everybody was very friendly and the place was clean.",
    "Parking was difficult, the rest was fine.",
    "The staff were wonderful, thank you all.",
];

pub(crate) struct Company {
    pub(crate) staff: u32,
}

impl Company {
    pub(crate) fn write_roster(&self, path: &Path) {
        let mut file = BufWriter::new(File::create(path).unwrap());
        writeln!(
            file,
            "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,manager_employee_id,\
             email,phone,starts_on,ends_on"
        )
        .unwrap();
        for person in 0..self.staff {
            let (given, family) = name(person);
            let manager = person / (PEOPLE_A_MANAGER + 1) * (PEOPLE_A_MANAGER + 1);
            let (above, address) = if manager == person {
                (String::new(), format!("e{person}@example.org"))
            } else {
                (format!("e{manager}"), String::new())
            };
            writeln!(
                file,
                "e{person},{given},{family},,,,,{},{above},{address},,,",
                site(person)
            )
            .unwrap();
        }
    }

    /// What a customer says, and where.
    pub(crate) fn comment(&self, number: u32) -> (String, String) {
        let person = number.wrapping_mul(2_654_435_761) % self.staff;
        let (given, family) = name(person);
        let text = TEXTS[number as usize % TEXTS.len()];
        let text = text.replace("{given}", &given).replace("{family}", &family);
        (text, site(person))
    }

    pub(crate) fn write_comments(&self, path: &Path, comments: u32) {
        let mut file = BufWriter::new(File::create(path).unwrap());
        writeln!(file, "external_id,site,text").unwrap();
        for number in 0..comments {
            let (text, site) = self.comment(number);
            writeln!(file, "c{number},{site},\"{text}\"").unwrap();
        }
    }
}

fn name(person: u32) -> (String, String) {
    let person = person as usize;
    let given = format!("{}{}", FIRST[person % 20], SECOND[person / 20 % 20]);
    let family = format!("{}{}", PLACE[person / 7 % 25], ENDING[person / 400 % 25]);
    (given, family)
}

fn site(person: u32) -> String {
    format!("Shop {}", person / PEOPLE_A_SITE + 1)
}
