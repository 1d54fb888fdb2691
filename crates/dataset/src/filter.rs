//! What is done to an image before it is compressed, and undone after: see [`mod@crate::format`].

/// Filters `image`, `[side, side, 3]`, into `filtered` of the same length.
pub(crate) fn apply(image: &[u8], side: usize, filtered: &mut [u8]) {
    let row = side * 3;
    for (to, from) in filtered.chunks_exact_mut(3).zip(image.chunks_exact(3)) {
        let [r, g, b] = [from[0], from[1], from[2]];
        to.copy_from_slice(&[r.wrapping_sub(g), g, b.wrapping_sub(g)]);
    }
    // From the last row up, so that the row above is still as it was.
    for start in (row..filtered.len()).step_by(row.max(1)).rev() {
        let (before, rest) = filtered.split_at_mut(start);
        let above = &before[start - row..];
        let here = rest.iter_mut().zip(above);
        here.for_each(|(value, above)| *value = value.wrapping_sub(*above));
    }
}

/// Makes a filtered image what it was, in place.
pub(crate) fn undo(image: &mut [u8], side: usize) {
    let row = side * 3;
    for start in (row..image.len()).step_by(row.max(1)) {
        let (before, rest) = image.split_at_mut(start);
        let above = &mut before[start - row..];
        let here = rest.iter_mut().zip(above.iter());
        here.for_each(|(value, above)| *value = value.wrapping_add(*above));
        // No later row needs this one as it was.
        colours(above);
    }
    let last = image.len().saturating_sub(row);
    colours(&mut image[last..]);
}

fn colours(row: &mut [u8]) {
    for pixel in row.chunks_exact_mut(3) {
        let green = pixel[1];
        pixel[0] = pixel[0].wrapping_add(green);
        pixel[2] = pixel[2].wrapping_add(green);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_filter_is_golden() {
        let image = [10, 20, 30, 1, 2, 3, 11, 22, 33, 0, 255, 1];
        let mut filtered = [0; 12];
        apply(&image, 2, &mut filtered);
        assert_eq!(filtered, [246, 20, 10, 255, 2, 1, 255, 2, 1, 2, 253, 1]);
    }

    proptest! {
        #[test]
        fn undone_it_is_the_same_image(side in 0_usize..9, bytes in prop::collection::vec(any::<u8>(), 192)) {
            let image = &bytes[..side * side * 3];
            let mut filtered = vec![7; image.len()];
            apply(image, side, &mut filtered);
            undo(&mut filtered, side);
            prop_assert_eq!(filtered, image);
        }
    }
}
