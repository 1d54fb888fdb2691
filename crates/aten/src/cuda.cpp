// Finds a CUDA driver, loads the CUDA half, and passes calls on to it.
#include "cuda_half.h"
#include "guarded.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <atomic>
#include <cstring>
#include <stdexcept>

using aten_face::GraphCalls;
using aten_face::guarded;

namespace {

std::atomic<const GraphCalls *> calls{nullptr};

char *absent() { return strdup("the CUDA half of libtorch is not loaded, or was built without CUDA's headers"); }

}  // namespace

extern "C" {

bool aten_has_cuda_driver() { return dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr; }

// From here on libtorch knows of CUDA devices; never unloaded.
char *aten_load_cuda(const char *path) {
  return guarded([&] {
    void *half = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (half == nullptr) throw std::runtime_error(dlerror());
    calls = static_cast<const GraphCalls *>(dlsym(half, "aten_graph_calls"));
    if (!at::globalContext().hasCUDART()) throw std::runtime_error("devices were asked for before the CUDA half was there");
  });
}

bool aten_graph_available() { return calls.load() != nullptr; }

char *aten_graph_begin(int device, void **graph) {
  const GraphCalls *to = calls;
  return to == nullptr ? absent() : to->begin(device, graph);
}

char *aten_graph_end(void *graph) {
  const GraphCalls *to = calls;
  return to == nullptr ? absent() : to->end(graph);
}

char *aten_graph_replay(void *graph) {
  const GraphCalls *to = calls;
  return to == nullptr ? absent() : to->replay(graph);
}

void aten_graph_free(void *graph) {
  if (const GraphCalls *to = calls) to->release(graph);
}
}
