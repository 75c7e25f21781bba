//! The text form of an account.

use crate::call::Account;
use kexin_primitives::SS58_PREFIX;

/// The SS58 text of an account, with the ledger's prefix.
pub fn account_text(account: &Account) -> String {
	// A prefix above 63 takes two bytes, of which the first begins with the bits 01.
	let first = ((SS58_PREFIX & 0b1111_1100) as u8 >> 2) | 0b0100_0000;
	let second = (SS58_PREFIX >> 8) as u8 | ((SS58_PREFIX & 0b11) as u8) << 6;
	let mut bytes = vec![first, second];
	bytes.extend_from_slice(account);
	let hash = sp_crypto_hashing::blake2_512(&[b"SS58PRE", &bytes[..]].concat());
	bytes.extend_from_slice(&hash[..2]);
	bs58::encode(bytes).into_string()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::str::FromStr as _;

	#[test]
	fn the_text_of_an_account_has_its_key_a_checksum_and_the_prefix() {
		for account in [[0; 32], [7; 32], [0xff; 32]] {
			let text = account_text(&account);
			let read = subxt::utils::AccountId32::from_str(&text).expect("the checksum holds");
			assert_eq!(read.0, account);
			let bytes = bs58::decode(&text).into_vec().unwrap();
			let low = (bytes[0] << 2) | (bytes[1] >> 6);
			assert_eq!(u16::from_le_bytes([low, bytes[1] & 0b0011_1111]), SS58_PREFIX);
		}
	}
}
