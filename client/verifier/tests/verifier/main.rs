//! Honest proofs verify, and no others do.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

mod attacks;
mod damage;
mod encodings;
mod finality;
mod fuzz;
mod honest;
mod judgements;
mod published;
mod reports;
mod rules;
mod second_opinion;
mod start;
mod support;
mod verdict;
mod work;
mod written;
