//! Attacks on who may what, each as it was carried out against the first version: nobody gets more than they were given.
mod addresses;
mod codes;
mod keys;
mod links;
mod roles;
mod sessions;
mod ways_up;
