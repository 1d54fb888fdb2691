// Steps that a CUDA device repeats by itself: the kernels of a piece of work are recorded once and replayed with one call.
// Compiled where CUDA's headers are found; elsewhere there is none to record.
#include "guarded.h"

#include <cstdlib>

#ifdef ATELIER_CUDA_GRAPHS
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

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

}  // namespace

extern "C" {

bool aten_graph_available() { return true; }

char *aten_graph_begin(int device, Graph **out) {
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

char *aten_graph_end(Graph *graph) {
  char *message = guarded([&] { graph->graph.capture_end(); });
  graph->leave();
  return message;
}

char *aten_graph_replay(Graph *graph) {
  return guarded([&] { graph->graph.replay(); });
}

void aten_graph_free(Graph *graph) {
  char *message = guarded([&] { delete graph; });
  free(message);
}
}

#else

extern "C" {

bool aten_graph_available() { return false; }
char *aten_graph_begin(int, void **) { return strdup("built without CUDA's headers"); }
char *aten_graph_end(void *) { return strdup("built without CUDA's headers"); }
char *aten_graph_replay(void *) { return strdup("built without CUDA's headers"); }
void aten_graph_free(void *) {}
}

#endif
