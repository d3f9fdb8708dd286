//! What a brush drew: runs of the values of four channels, packed bit by bit as Label Studio does (`@thi.ng/rle-pack`).

/// Most values that are unpacked: of a picture of a hundred million pixels.
const MOST: u64 = 400_000_000;

/// Whether each pixel is drawn, of bytes that must be so many values of four channels (`@thi.ng/rle-pack`).
pub fn unpacked(bytes: &[u8], values: u64) -> Option<Vec<bool>> {
    let mut bits = Bits { bytes, at: 0 };
    let n = bits.read(32)?;
    if n != values || n > MOST {
        return None;
    }
    let word = bits.read(5)? as u32 + 1;
    let mut sizes = [0u32; 4];
    for size in &mut sizes {
        *size = bits.read(4)? as u32 + 1;
    }
    let mut out = Vec::with_capacity(usize::try_from(n / 4).ok()?.min(1 << 20));
    let mut done = 0;
    while done < n {
        let repeats = bits.read(1)? == 1;
        let size = *sizes.get(usize::try_from(bits.read(2)?).ok()?)?;
        let count = bits.read(size)? + 1;
        if done + count > n {
            return None;
        }
        let mut value = 0;
        for i in 0..count {
            if i == 0 || !repeats {
                value = bits.read(word)?;
            }
            if (done + i) % 4 == 3 {
                out.push(value > 0);
            }
        }
        done += count;
    }
    Some(out)
}

/// So wide are the lengths of runs, in bits.
const WIDTHS: [u32; 4] = [3, 4, 8, 16];

/// Runs of pixels row by row, the first of them not drawn, as bytes of four channels that are 255 where it was drawn.
pub fn packed(runs: &[u32]) -> Vec<u8> {
    let values: u64 = runs.iter().map(|run| 4 * u64::from(*run)).sum();
    let mut out = Packing::default();
    out.put(values, 32);
    out.put(8 - 1, 5);
    WIDTHS.iter().for_each(|width| out.put(u64::from(*width) - 1, 4));
    for (n, run) in runs.iter().enumerate() {
        let mut left = 4 * u64::from(*run);
        while left > 0 {
            let fits = WIDTHS.iter().position(|width| left <= 1 << width).unwrap_or(WIDTHS.len() - 1);
            let width = WIDTHS.get(fits).copied().unwrap_or(16);
            let count = left.min(1 << width);
            out.put(1, 1);
            out.put(fits as u64, 2);
            out.put(count - 1, width);
            out.put(if n % 2 == 1 { 255 } else { 0 }, 8);
            left -= count;
        }
    }
    out.bytes
}

/// Bits that become bytes, the most significant first.
#[derive(Default)]
struct Packing {
    bytes: Vec<u8>,
    /// How many bits of the last byte are taken; 0 where it is whole.
    taken: u32,
}

impl Packing {
    fn put(&mut self, value: u64, width: u32) {
        for bit in (0..width).rev() {
            if self.taken == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (7 - self.taken);
            }
            self.taken = (self.taken + 1) % 8;
        }
    }
}

/// Numbers in a stream of bits, the most significant first.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, bits: u32) -> Option<u64> {
        let mut out = 0;
        for _ in 0..bits {
            let byte = *self.bytes.get(self.at / 8)?;
            out = out << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let long = [1 << 17, 3, 70_000, 1];
        for runs in [&[5, 2, 1][..], &[0, 9], &[7], &long] {
            let pixels: Vec<bool> =
                runs.iter().enumerate().flat_map(|(n, run)| std::iter::repeat_n(n % 2 == 1, *run as usize)).collect();
            let bytes = packed(runs);
            assert_eq!(unpacked(&bytes, 4 * pixels.len() as u64), Some(pixels));
            assert_eq!(unpacked(&bytes, 4), None, "of another picture");
            assert_eq!(unpacked(&bytes[..bytes.len() - 1], 4 * runs.iter().map(|r| u64::from(*r)).sum::<u64>()), None);
        }
        // two of eight pixels: as `encode_rle` of the converter of the SDK has it, but for the lengths that it prefers
        assert_eq!(packed(&[5, 2, 1])[..6], [0, 0, 0, 32, 0b0011_1001, 0b0001_1011]);
    }
}
