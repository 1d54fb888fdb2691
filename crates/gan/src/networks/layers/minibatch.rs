//! The standard deviation over a group of samples, shown to the discriminator as one more map.

use tch::{Kind, Tensor};

/// Samples in a group (Karras et al. 2018).
const GROUP: i64 = 4;

/// `[n, c, h, w]` to `[n, c + 1, h, w]`: the last map holds, for each group of four samples, the mean standard
/// deviation of all values over the group, so that D sees when G draws always the same (Karras et al. 2018,
/// section 3). Groups are samples `i, i + n/4, ...`; a batch that is no multiple of four is one group.
pub fn minibatch_stddev(x: &Tensor) -> Tensor {
    let (n, c, h, w) = match x.size()[..] {
        [n, c, h, w] => (n, c, h, w),
        _ => return x.shallow_clone(),
    };
    let group = if n % GROUP == 0 { GROUP } else { n };
    let y = x.to_kind(Kind::Float).reshape([group, -1, c, h, w]); // [group, n / group, c, h, w]
    let y = &y - y.mean_dim([0].as_slice(), true, Kind::Float);
    let variance = y.square().mean_dim([0].as_slice(), false, Kind::Float); // [n / group, c, h, w]
    let deviation = (variance + 1e-8)
        .sqrt()
        .mean_dim([1, 2, 3].as_slice(), true, Kind::Float); // [n / group, 1, 1, 1]
    let map = deviation.repeat([group, 1, h, w]).to_kind(x.kind()); // [n, 1, h, w]
    Tensor::cat(&[x, &map], 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_have_no_deviation_and_pairs_have_theirs() {
        let twins = Tensor::ones([4, 2, 1, 1], (Kind::Float, tch::Device::Cpu));
        let last = |x: &Tensor| minibatch_stddev(x).select(1, 2);
        assert!(last(&twins).abs().max().double_value(&[]) < 1e-3);
        // Values -1, 1 for half of the group: a deviation of 1 in both channels.
        let pairs =
            Tensor::from_slice(&[-1.0_f32, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0]).reshape([4, 2, 1, 1]);
        assert!((last(&pairs).mean(Kind::Float).double_value(&[]) - 1.0).abs() < 1e-4);
        // Groups do not mix: samples 0, 2, 4, 6 are one, 1, 3, 5, 7 the other.
        let mixed = Tensor::from_slice(&[0.0_f32, -1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0]).reshape([8, 1, 1, 1]);
        let maps: Vec<f32> =
            Vec::try_from(minibatch_stddev(&mixed).select(1, 1).flatten(0, -1)).unwrap_or_default();
        for (i, map) in maps.iter().enumerate() {
            assert!((map - (i % 2) as f32).abs() < 1e-3, "{maps:?}");
        }
    }
}
