//! Attacks on who may what, each as it was carried out against the first version: nobody gets more than they were given.
mod addresses;
mod cleanup;
mod codes;
mod confirm;
mod given;
mod keys;
mod links;
mod names;
mod refused;
mod returns;
mod roles;
mod second_factor;
mod sessions;
mod ways_up;
