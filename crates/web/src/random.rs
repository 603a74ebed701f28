//! Randomness of the system, as tokens and names need it.

use crate::fault::{Fault, Page};

/// Bytes that nobody can guess.
pub(crate) fn bytes<const N: usize>() -> Page<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::broken(error.to_string()))?;
    Ok(bytes)
}

/// The name of something that only its owner finds again: 32 letters.
pub(crate) fn name() -> Page<String> {
    Ok(ecom_vault::to_hex(&bytes::<16>()?))
}

/// Letters to be read out and typed, in groups: 5 bits each, and none that is taken for another (no i, l, o or 0).
pub(crate) fn letters<const N: usize>(group: usize) -> Page<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let letters = bytes::<N>()?.map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    let groups: Vec<String> = letters.chunks(group).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// Tells requests apart. Without randomness it is of no use, but the page still is.
pub(crate) fn request_id() -> String {
    ecom_vault::to_hex(&bytes::<8>().unwrap_or_default())
}
