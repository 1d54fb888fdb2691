// A shared library of its own, which a program carries within it and loads where there is a CUDA driver (cuda.cpp). It brings the
// CUDA half of libtorch with it: a third of a gigabyte that a program on a CPU has no use for.
//
// Steps that a CUDA device repeats by itself: the kernels of a piece of work are recorded once and replayed with one call.
// Compiled where CUDA's headers are found; elsewhere there is none to record.
#ifdef ATELIER_CUDA_GRAPHS
#include "cuda_half.h"
#include "guarded.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdlib>
#include <memory>

using aten_face::guarded;

namespace {

struct Graph {
  at::cuda::CUDAGraph graph;
  // Work goes to a stream of the graph's own while it is recorded: the default one cannot be.
  c10::cuda::CUDAStream own, before;
  c10::DeviceIndex before_device;

  explicit Graph(int device)
      : own(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        before(c10::cuda::getCurrentCUDAStream(device)),
        before_device(c10::cuda::current_device()) {}

  void enter() {
    c10::cuda::set_device(own.device_index());
    c10::cuda::setCurrentCUDAStream(own);
  }

  void leave() {
    c10::cuda::setCurrentCUDAStream(before);
    c10::cuda::set_device(before_device);
  }
};

char *begin(int device, void **out) {
  return guarded([&] {
    auto graph = std::make_unique<Graph>(device);
    // What is still to be done may allocate or free, which no recording bears.
    c10::cuda::device_synchronize();
    // A recording has memory of its own: what the steps before it held is given back first.
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph->enter();
    try {
      graph->graph.capture_begin();
    } catch (...) {
      graph->leave();
      throw;
    }
    *out = graph.release();
  });
}

char *end(void *made) {
  auto *graph = static_cast<Graph *>(made);
  return guarded([&] {
    try {
      graph->graph.capture_end();
    } catch (...) {
      graph->leave();
      throw;
    }
    graph->leave();
  });
}

char *replay(void *graph) {
  return guarded([&] { static_cast<Graph *>(graph)->graph.replay(); });
}

void release(void *graph) {
  char *message = guarded([&] { delete static_cast<Graph *>(graph); });
  std::free(message);
}

}  // namespace

extern "C" const aten_face::GraphCalls aten_graph_calls{begin, end, replay, release};
#endif
