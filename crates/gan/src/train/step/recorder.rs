//! Steps that a CUDA device repeats by itself. Between two kernels of a small network lies more time than they take: a step
//! of which the kernels were recorded ([`aten::Graph`]) is started by one call.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use aten::Graph;
use stage::guarded;
use tch::Tensor;

use super::Batch;
use crate::GanError;
use crate::device::Device;
use crate::recipe::Recipe;
use crate::train::stats::Measures;

/// Steps of a kind that are taken as ever before one is recorded: libraries choose their kernels in the first ones.
const BEFORE: u32 = 3;

/// What decides which kernels a step consists of, beside the recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Whether penalties are due.
    pub penalty: bool,
    /// Whether mode seeking is due.
    pub mode_seeking: bool,
    /// The bits of the weight of wrong texts.
    pub wrong_text: u64,
    /// The bits of Adam's step size.
    pub lr: u64,
}

/// Records the steps of one training.
pub(super) struct Recorder {
    device: usize,
    /// What recorded steps read.
    inputs: RefCell<Option<Inputs>>,
    kinds: RefCell<BTreeMap<Kind, State>>,
    /// Why nothing is recorded any more, until it is told.
    notice: Cell<Option<String>>,
    failed: Cell<bool>,
}

struct Inputs {
    batch: Batch,
    z: Tensor,
}

enum State {
    /// So many steps were taken as ever.
    Taken(u32),
    /// The step, and the names of what it measures with their values, `[measures]`.
    Recorded(Graph, Vec<&'static str>, Tensor),
}

impl Recorder {
    /// A recorder for trainings whose steps can be recorded: on a CUDA device, with batches of one size, without anything
    /// that is drawn on the host and sent to the device within a step.
    pub(super) fn for_steps_of(recipe: &Recipe, device: Device) -> Option<Self> {
        let tch::Device::Cuda(device) = device.tch() else {
            return None;
        };
        let (augment, train) = (&recipe.augment, &recipe.train);
        let host = augment.translation > 0.0 || augment.cutout > 0.0 || recipe.penalty.gradient_penalty > 0.0;
        let can = train.cuda_graphs && Graph::is_available() && recipe.growth.is_none() && !host;
        can.then(|| Self {
            device,
            inputs: RefCell::default(),
            kinds: RefCell::default(),
            notice: Cell::default(),
            failed: Cell::new(false),
        })
    }

    /// Takes a step of a kind by `work`, or by its recording.
    ///
    /// # Errors
    /// As `work`; a step that cannot be recorded is none, but is taken as ever from then on.
    pub(super) fn step(
        &self,
        batch: &Batch,
        z: &Tensor,
        kind: Kind,
        work: &dyn Fn(&Batch, &Tensor) -> Result<Measures, GanError>,
    ) -> Result<Measures, GanError> {
        if self.failed.get() {
            return work(batch, z);
        }
        let mut kinds = self.kinds.borrow_mut();
        let state = kinds.entry(kind).or_insert(State::Taken(0));
        match state {
            State::Taken(steps) if *steps < BEFORE => {
                *steps += 1;
                return work(batch, z);
            }
            State::Taken(_) => match self.record(batch, z, work) {
                Ok(recorded) => *state = recorded,
                Err(e) => {
                    self.failed.set(true);
                    self.notice.set(Some(e.to_string()));
                    return work(batch, z);
                }
            },
            State::Recorded(..) => {}
        }
        let State::Recorded(graph, names, values) = state else {
            return work(batch, z);
        };
        if let Some(inputs) = &*self.inputs.borrow() {
            let into = |input: &Tensor, value: &Tensor| input.shallow_clone().copy_(value);
            into(&inputs.batch.images, &batch.images);
            into(&inputs.batch.texts, &batch.texts);
            into(&inputs.z, z);
        }
        graph.replay()?;
        // The next replay writes to the same place.
        let values = values.copy();
        let mut measures = Measures::default();
        for (i, name) in (0..).zip(names) {
            measures.push(name, &values.get(i));
        }
        Ok(measures)
    }

    fn record(
        &self,
        batch: &Batch,
        z: &Tensor,
        work: &dyn Fn(&Batch, &Tensor) -> Result<Measures, GanError>,
    ) -> Result<State, GanError> {
        let mut inputs = self.inputs.borrow_mut();
        let Inputs { batch, z } = inputs.get_or_insert_with(|| Inputs {
            batch: Batch {
                images: batch.images.copy(),
                texts: batch.texts.copy(),
            },
            z: z.copy(),
        });
        let recorded = guarded(|| {
            Graph::record(self.device, || {
                let measures = work(batch, z)?;
                let (names, values): (Vec<_>, Vec<&Tensor>) = measures.iter().unzip();
                let values: Vec<Tensor> = values.iter().map(|v| v.to_kind(tch::Kind::Double)).collect();
                Ok::<_, GanError>((names, Tensor::stack(&values, 0)))
            })
        });
        let (graph, (names, values)) = recorded.map_err(GanError::Torch)??;
        Ok(State::Recorded(graph, names, values))
    }

    /// Why steps are not recorded any more, once.
    pub(super) fn take_notice(&self) -> Option<String> {
        self.notice.take()
    }
}
