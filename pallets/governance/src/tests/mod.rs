//! What the council may do to the chain, by theme.

mod finality;
mod upgrade;
