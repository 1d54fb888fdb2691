//! From counts to weights: term frequency, inverse document frequency.

/// Inverse document frequency of a term that `df` of `documents` documents hold, as scikit-learn defines
/// it: `ln((1 + n) / (1 + df)) + 1` if smooth, else `ln(n / df) + 1`.
#[must_use]
pub fn idf(documents: u64, df: u64, smooth: bool) -> f64 {
    let one = f64::from(u8::from(smooth));
    ((documents as f64 + one) / (df as f64 + one)).ln() + 1.0
}

/// Term frequency of a term found `count` times: `count`, or `1 + ln count` if sublinear; 0 for none.
#[must_use]
pub fn tf(count: u32, sublinear: bool) -> f64 {
    if sublinear && count > 0 {
        1.0 + f64::from(count).ln()
    } else {
        f64::from(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_give_their_worked_figures() {
        assert_eq!(idf(3, 3, true), 1.0);
        assert_eq!(idf(3, 3, false), 1.0);
        assert!((idf(3, 1, true) - 1.693_147).abs() < 1e-6, "1 + ln 2");
        assert!((idf(3, 1, false) - 2.098_612).abs() < 1e-6, "1 + ln 3");
        assert_eq!((tf(0, true), tf(1, true), tf(3, false)), (0.0, 1.0, 3.0));
    }
}
