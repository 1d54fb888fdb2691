// Work on the samples of a tensor, shared among the threads.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace aten_face {

// Calls work(type, i) for each of n samples, where `type` is a null pointer to the values of x as the kernels see them.
template <typename Work>
void for_samples(const at::Tensor &x, int64_t n, Work work) {
  const auto all = [&](auto type) {
    at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) work(type, i);
    });
  };
  if (x.scalar_type() == at::kBFloat16) {
    all(static_cast<uint16_t *>(nullptr));
  } else {
    all(static_cast<float *>(nullptr));
  }
}

}  // namespace aten_face
