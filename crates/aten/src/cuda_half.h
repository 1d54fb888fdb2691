// What the CUDA half offers under the name `aten_graph_calls`.
#pragma once

namespace aten_face {

// Each returns null, or a message to be freed; a graph is what `begin` made.
struct GraphCalls {
  char *(*begin)(int device, void **graph);
  char *(*end)(void *graph);
  char *(*replay)(void *graph);
  void (*release)(void *graph);
};

}  // namespace aten_face
