//! What the loader must hold to.
#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::Split;
use crate::fixture::{Fixture, flip};

/// 17 samples of the train split, in shards of several sizes.
static DATA: LazyLock<Arc<Dataset>> =
    LazyLock::new(|| Arc::new(Dataset::open(&Fixture::packed(&[10, 0, 5, 10, 10, 9]).out()).unwrap()));

fn open(plan: LoadPlan, ahead: usize) -> Loader<MemoryBuffer> {
    Loader::in_memory(Arc::clone(&DATA), plan, ahead).unwrap()
}

/// What a batch holds, sample by sample; compared with the data set on the way.
fn contents(batch: &Batch<MemoryBuffer>) -> Vec<(usize, usize)> {
    let (image, dims) = (DATA.image_bytes(), DATA.dims());
    assert_eq!(batch.images().len(), batch.samples().len() * image);
    assert_eq!(batch.vectors().len(), batch.samples().len() * dims);
    let held: Vec<_> = batch
        .samples()
        .iter()
        .copied()
        .zip(batch.captions().iter().copied())
        .collect();
    for (place, &(index, caption)) in held.iter().enumerate() {
        let sample = DATA.sample(Split::Train, index).unwrap();
        assert_eq!(
            &batch.images()[place * image..][..image],
            &*sample.image().unwrap()
        );
        assert_eq!(
            &batch.vectors()[place * dims..][..dims],
            &sample.vectors().unwrap()[caption * dims..][..dims]
        );
    }
    held
}

/// Everything a plan gives, batch by batch.
fn all(plan: LoadPlan) -> Vec<Vec<(usize, usize)>> {
    open(plan, 3).map(|batch| contents(&batch.unwrap())).collect()
}

fn balanced() -> Order {
    Order::Balanced {
        attribute: "year".into(),
    }
}

#[test]
fn every_sample_comes_exactly_once_an_epoch() {
    let len = DATA.len(Split::Train);
    let plan = LoadPlan {
        until: Some(3 * len as u64),
        threads: 2,
        ..LoadPlan::new(5, 4)
    };
    let order: Vec<usize> = all(plan).concat().into_iter().map(|(sample, _)| sample).collect();
    for epoch in order.chunks(len) {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..len));
    }
    assert_ne!(order[..len], order[len..2 * len]);
}

#[test]
fn compressed_shards_give_the_very_same_batches() {
    let compressed = Fixture::packed_as(&[10, 0, 5, 10, 10, 9], Some("zstd"));
    let compressed = Arc::new(Dataset::open(&compressed.out()).unwrap());
    let plan = LoadPlan {
        captions: CaptionRule::Any,
        until: Some(40),
        threads: 2,
        ..LoadPlan::new(5, 4)
    };
    let mut raw = open(plan.clone(), 3);
    for batch in Loader::in_memory(compressed, plan, 3).unwrap() {
        let (batch, raw) = (batch.unwrap(), raw.next().unwrap().unwrap());
        assert_eq!((batch.images(), batch.vectors()), (raw.images(), raw.vectors()));
        assert_eq!(
            (batch.samples(), batch.captions()),
            (raw.samples(), raw.captions())
        );
    }
    assert!(raw.next().is_none());
}

#[test]
fn a_damaged_frame_is_an_error_that_names_the_product() {
    let fixture = Fixture::packed_as(&[2], Some("zstd"));
    // The magic number of the first frame.
    flip(&fixture.out().join("shard-00000.atl"), 4096, 0);
    let data = Arc::new(Dataset::open(&fixture.out()).unwrap());
    let error = data
        .sample(Split::Train, 0)
        .unwrap()
        .image()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("shard-00000.atl: image 0, product 0-0: "),
        "{error}"
    );
    let mut loader = Loader::in_memory(data, LoadPlan::new(5, 1), 2).unwrap();
    let error = loader.next().unwrap().err().unwrap().to_string();
    assert!(
        error.contains("product 0-0: expected a zstd frame of 48 bytes"),
        "{error}"
    );
    assert!(loader.next().is_none());
}

#[test]
fn the_last_batch_ends_where_it_was_asked_to() {
    let plan = LoadPlan {
        from: 1,
        until: Some(10),
        ..LoadPlan::new(5, 4)
    };
    let sizes: Vec<usize> = all(plan.clone()).iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 4, 1]);
    assert_eq!(all(LoadPlan { from: 10, ..plan }), Vec::<Vec<_>>::new());
}

#[test]
fn a_callers_rule_is_asked_in_order_and_checked() {
    let rule = |first: u64, chosen: &mut [usize]| {
        (0..)
            .zip(chosen)
            .for_each(|(n, caption)| *caption = (first as usize + n) / 4 % 4);
    };
    let plan = LoadPlan {
        captions: CaptionRule::By(Arc::new(rule)),
        until: Some(16),
        ..LoadPlan::new(5, 4)
    };
    let captions: Vec<usize> = all(plan.clone())
        .concat()
        .into_iter()
        .map(|(_, caption)| caption)
        .collect();
    // The fourth caption of these samples has no text: the first stands in for it.
    assert!(captions.into_iter().eq((0..16).map(|n| n / 4 % 3)));

    let wild = CaptionRule::By(Arc::new(|_, chosen: &mut [usize]| chosen.fill(4)));
    let mut loader = open(
        LoadPlan {
            captions: wild,
            ..plan
        },
        2,
    );
    let error = loader.next().unwrap().err().unwrap().to_string();
    assert!(
        error.contains("expected captions below 4") && error.contains("found 4"),
        "{error}"
    );
    assert!(loader.next().is_none());
}

#[test]
fn buffers_of_the_caller_are_filled_and_used_again() {
    /// Memory whose address can be asked for.
    struct Own(Box<[u8; 2 * 48]>, Box<[f32; 2 * 5]>);
    impl BatchBuffer for Own {
        fn places(&mut self) -> (&mut [u8], &mut [f32]) {
            (&mut *self.0, &mut *self.1)
        }
    }
    let own = || Own(Box::new([0; 96]), Box::new([0.0; 10]));
    let buffers = vec![own(), own()];
    let mine: Vec<*const u8> = buffers.iter().map(|own| own.0.as_ptr()).collect();
    let plan = LoadPlan {
        until: Some(20),
        ..LoadPlan::new(5, 2)
    };
    for batch in Loader::new(Arc::clone(&DATA), plan.clone(), buffers).unwrap() {
        let batch = batch.unwrap();
        let Own(images, vectors) = batch.buffer().unwrap();
        assert!(mine.contains(&images.as_ptr()));
        let last = DATA.sample(Split::Train, batch.samples()[1]).unwrap();
        assert_eq!(&images[48..], &*last.image().unwrap());
        assert_eq!(&vectors[5..], &last.vectors().unwrap()[..5]);
    }
    let error = Loader::new(Arc::clone(&DATA), LoadPlan { batch: 3, ..plan }, vec![own()])
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("expected buffers for 3 samples of 48 bytes and 5 values"),
        "{error}"
    );
}

#[test]
fn a_caller_that_keeps_every_batch_gets_an_error_and_not_a_standstill() {
    let mut loader = open(LoadPlan::new(5, 4), 2);
    let kept = (loader.next().unwrap().unwrap(), loader.next().unwrap().unwrap());
    let error = loader.next().unwrap().err().unwrap();
    assert!(error.to_string().contains("all 2 kept"), "{error}");
    drop(loader);
    assert_eq!(kept.0.samples().len(), 4, "a batch outlives its loader");
}

#[test]
fn a_panic_in_a_thread_reaches_the_caller() {
    let rule = CaptionRule::By(Arc::new(|first, _: &mut [usize]| assert!(first < 8, "as asked")));
    let mut loader = open(
        LoadPlan {
            captions: rule,
            threads: 2,
            ..LoadPlan::new(5, 4)
        },
        2,
    );
    assert!(loader.next().unwrap().is_ok() && loader.next().unwrap().is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| loader.next())).is_err());
    assert!(loader.next().is_none());
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let plan = LoadPlan::new(5, 4);
    let share = |rank, world| Share { rank, world };
    let cases = [
        (
            LoadPlan {
                share: share(2, 2),
                ..plan.clone()
            },
            "a rank below the world size, found rank 2 of 2",
        ),
        (
            LoadPlan {
                share: share(0, 0),
                ..plan.clone()
            },
            "found rank 0 of 0",
        ),
        (
            LoadPlan {
                share: share(0, 5),
                ..plan.clone()
            },
            "a global batch of at least 5",
        ),
        (
            LoadPlan {
                batch: 0,
                ..plan.clone()
            },
            "a global batch of at least 1",
        ),
        (
            LoadPlan {
                threads: 0,
                ..plan.clone()
            },
            "at least one thread",
        ),
        (
            LoadPlan {
                batch: usize::MAX,
                ..plan.clone()
            },
            "a batch that fits into memory",
        ),
        (
            LoadPlan {
                order: Order::Balanced {
                    attribute: "colour".into(),
                },
                ..plan.clone()
            },
            "an attribute that samples have, to balance by (base_colour, year), found colour",
        ),
    ];
    for (plan, said) in cases {
        let error = Loader::in_memory(Arc::clone(&DATA), plan, 2)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(said) && error.contains("\nhint: "), "{error}");
    }
    assert!(Loader::in_memory(Arc::clone(&DATA), plan.clone(), 0).is_err());
    let empty = Arc::new(Dataset::open(&Fixture::packed(&[0]).out()).unwrap());
    let error = Loader::in_memory(empty, plan, 2).err().unwrap().to_string();
    assert!(
        error.contains("at least one sample in the split train"),
        "{error}"
    );
}

#[test]
fn the_end_of_numbers_is_an_end() {
    let loader = open(
        LoadPlan {
            from: u64::MAX - 6,
            ..LoadPlan::new(5, 4)
        },
        2,
    );
    assert_eq!(
        loader
            .map(|batch| batch.unwrap().samples().len())
            .collect::<Vec<_>>(),
        [4, 2]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_global_order_is_the_same_at_any_world_size_and_after_any_split(
        seed in any::<u64>(),
        batch in 4_usize..11,
        until in 1_u64..80,
        split in any::<prop::sample::Index>(),
        threads in 1_usize..4,
        is_balanced in any::<bool>(),
    ) {
        let order = if is_balanced { balanced() } else { Order::Uniform };
        let plan = LoadPlan {
            order, threads, until: Some(until), captions: CaptionRule::Any, ..LoadPlan::new(seed, batch)
        };
        let whole = all(plan.clone());
        for world in 1..=4 {
            let ranks: Vec<_> = (0..world)
                .map(|rank| all(LoadPlan { share: Share { rank, world }, ..plan.clone() }))
                .collect();
            for (number, batch) in whole.iter().enumerate() {
                let parts: Vec<_> = ranks.iter().flat_map(|rank| rank[number].clone()).collect();
                prop_assert_eq!(&parts, batch, "batch {} of world {}", number, world);
            }
            // Stopped after any sample, and gone on with another world size.
            let middle = split.index(until as usize + 1) as u64;
            let mut both = all(LoadPlan { until: Some(middle), ..plan.clone() }).concat();
            let resumed: Vec<_> = (0..world)
                .map(|rank| all(LoadPlan { from: middle, share: Share { rank, world }, ..plan.clone() }))
                .collect();
            for number in 0..resumed[0].len() {
                both.extend(resumed.iter().flat_map(|rank| rank[number].clone()));
            }
            prop_assert_eq!(&both, &whole.concat());
        }
    }
}
