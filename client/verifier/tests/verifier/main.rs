//! Honest proofs verify, and no others.

mod attacks;
mod damage;
mod encodings;
mod finality;
mod fuzz;
mod honest;
mod published;
mod reports;
mod second_opinion;
mod support;
mod work;
