//! Room for bodies that are being read: every byte that is held in memory is counted, from the first on. Strangers have a
//! room of their own, so that whatever they send leaves that of keys, tools and those who are signed in alone; and one
//! network gets a part of it only.
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So much of every body is counted as small: forms and comments get through whoever else sends large ones.
const SMALL: usize = 16 * 1024;
/// The beginnings of all bodies together, of strangers and of the others.
const SMALL_IN_ALL: usize = 64 * 1024 * 1024;
/// What is beyond: of strangers, and of the others.
const LARGE_OF_STRANGERS: usize = 16 * 1024 * 1024;
const LARGE: usize = 32 * 1024 * 1024;
/// What the strangers of one network may fill.
const OF_NETWORK: usize = 8 * 1024 * 1024;
/// Files that are taken in at the same time; they are written to disk as they come.
const FILES: usize = 4;

/// Room for bodies; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Room {
    strangers: Shares,
    known: Shares,
    networks: Arc<Mutex<HashMap<IpAddr, usize>>>,
    files: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Shares {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Shares {
    fn new(large: usize) -> Shares {
        Shares {
            small: Arc::new(Semaphore::new(SMALL_IN_ALL)),
            large: Arc::new(Semaphore::new(large)),
        }
    }
}

impl Default for Room {
    fn default() -> Room {
        Room {
            strangers: Shares::new(LARGE_OF_STRANGERS),
            known: Shares::new(LARGE),
            networks: Arc::default(),
            files: Arc::new(Semaphore::new(FILES)),
        }
    }
}

/// What one body has taken; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    room: Room,
    /// The network of a stranger; none of whoever is known.
    stranger: Option<IpAddr>,
    bytes: usize,
    of_network: usize,
    permits: Vec<OwnedSemaphorePermit>,
    file: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// For the body of a stranger from this network.
    pub(super) fn of_stranger(&self, network: IpAddr) -> Taken {
        Taken {
            room: self.clone(),
            stranger: Some(network),
            bytes: 0,
            of_network: 0,
            permits: Vec::new(),
            file: None,
        }
    }
}

impl Taken {
    /// What is read from now on is of a key, a tool or somebody who is signed in.
    pub(super) fn mark_known(&mut self) {
        self.leave_network();
        self.stranger = None;
    }

    /// Takes the place of a file; `false` where there is none.
    pub(super) fn file(&mut self) -> bool {
        if self.file.is_none() {
            self.file = self.room.files.clone().try_acquire_owned().ok();
        }
        self.file.is_some()
    }

    /// Takes room for so many further bytes; `false` where there is none.
    pub(super) fn bytes(&mut self, count: usize) -> bool {
        let after = self.bytes + count;
        let large = after.max(SMALL) - self.bytes.max(SMALL);
        let shares = match self.stranger {
            Some(_) => &self.room.strangers,
            None => &self.room.known,
        };
        let small = try_take(&shares.small, count - large);
        let large = try_take(&shares.large, large);
        let (Some(small), Some(large)) = (small, large) else {
            return false;
        };
        if !self.take_of_network(count) {
            return false;
        }
        self.permits.extend(small.into_iter().chain(large));
        self.bytes = after;
        true
    }

    fn take_of_network(&mut self, count: usize) -> bool {
        let Some(network) = self.stranger else { return true };
        let mut networks = self.room.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = networks.get(&network).copied().unwrap_or_default() + count;
        if filled > OF_NETWORK {
            return false;
        }
        networks.insert(network, filled);
        self.of_network += count;
        true
    }

    fn leave_network(&mut self) {
        let Some(network) = self.stranger.filter(|_| self.of_network > 0) else {
            return;
        };
        let mut networks = self.room.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut filled) = networks.entry(network) {
            *filled.get_mut() = filled.get().saturating_sub(self.of_network);
            if *filled.get() == 0 {
                filled.remove();
            }
        }
        self.of_network = 0;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.leave_network();
    }
}

/// None where there is no room; no permit where none is needed.
fn try_take(from: &Arc<Semaphore>, count: usize) -> Option<Option<OwnedSemaphorePermit>> {
    if count == 0 {
        return Some(None);
    }
    let count = u32::try_from(count).ok()?;
    from.clone().try_acquire_many_owned(count).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    /// Bodies of strangers who send so much each, until one is refused.
    fn fill(room: &Room, each: usize, network: impl Fn(u32) -> IpAddr) -> Vec<Taken> {
        let body = |number| {
            let mut body = room.of_stranger(network(number));
            body.bytes(each).then_some(body)
        };
        (0..100_000).map_while(body).collect()
    }

    #[test]
    fn the_beginnings_of_bodies_are_counted_too() {
        let room = Room::default();
        let held = fill(&room, SMALL, network);
        assert_eq!(held.len(), SMALL_IN_ALL / SMALL);
        drop(held);
        assert!(room.networks.lock().unwrap().is_empty());
        assert!(room.of_stranger(network(1)).bytes(SMALL));
    }

    #[test]
    fn one_network_leaves_room_for_others() {
        let room = Room::default();
        let held = fill(&room, SMALL, |_| network(7));
        assert_eq!(held.len(), OF_NETWORK / SMALL);
        assert!(room.of_stranger(network(8)).bytes(SMALL));
    }

    #[test]
    fn strangers_leave_the_room_of_those_who_are_known() {
        let room = Room::default();
        let (_small, _large) = (fill(&room, SMALL, network), fill(&room, 256 * 1024, network));
        let mut comment = room.of_stranger(network(1));
        assert!(!comment.bytes(1), "the strangers' room is full");
        comment.mark_known();
        assert!(comment.bytes(SMALL + 4096));
    }

    #[test]
    fn bodies_beyond_the_beginning_share_less() {
        let room = Room::default();
        let large = fill(&room, 256 * 1024, network);
        let beyond = 256 * 1024 - SMALL;
        assert_eq!(large.len(), LARGE_OF_STRANGERS / beyond);
        assert!(room.of_stranger(network(1)).bytes(SMALL), "forms get through");
    }
}
