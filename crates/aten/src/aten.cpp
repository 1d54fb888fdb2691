// The few calls over ATen that the tch crate lacks. Each returns null, or a message to be freed with aten_free.
// A tch::Tensor holds an at::Tensor*, which is what the pointers here are.
#include "guarded.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

using aten_face::check;
using aten_face::guarded;

namespace {

std::vector<at::Tensor> list(at::Tensor *const *tensors, size_t n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (size_t i = 0; i < n; ++i) out.push_back(*tensors[i]);
  return out;
}

// The fused kernels walk raw memory in one order for all lists: a gradient that autograd left in another layout than
// its parameter would be applied to the wrong weights.
std::vector<at::Tensor> laid_out_as(const std::vector<at::Tensor> &models, std::vector<at::Tensor> tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].strides() != models[i].strides()) {
      tensors[i] = at::empty_like(models[i]).copy_(tensors[i]);
    }
  }
  return tensors;
}

// The kernels ask no shapes: what is shorter than its parameter would be read, or written, past its end.
void check_sizes(const std::vector<at::Tensor> &models, const std::vector<at::Tensor> &tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    check(tensors[i].sizes() == models[i].sizes(), "gradients and moments of their parameters' shapes");
  }
}

}  // namespace

extern "C" {

void aten_free(char *message) { std::free(message); }

const char *aten_version() { return TORCH_VERSION; }

// Maps of tens of MB would be asked from the system and given back at every layer, and the system fills them with zeros
// each time. True where the allocator can be told to keep them.
bool aten_keep_memory() {
#ifdef __GLIBC__
  // The most that glibc takes.
  const bool kept = mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024 * static_cast<int>(sizeof(long)));
  return mallopt(M_TRIM_THRESHOLD, 0x7fffffff) && kept;
#else
  return false;
#endif
}

void aten_tune_cuda() {
  at::globalContext().setAllowTF32CuBLAS(true);
  at::globalContext().setAllowTF32CuDNN(true);
  at::globalContext().setBenchmarkCuDNN(true);
}

char *aten_device_memory(int device, uint64_t *free, uint64_t *total) {
  return guarded([&] {
    const auto [left, all] = at::accelerator::getMemoryInfo(static_cast<c10::DeviceIndex>(device));
    *free = left;
    *total = all;
  });
}

bool aten_set_flush_denormal(bool on) { return at::globalContext().setFlushDenormal(on); }

char *aten_fused_adam(at::Tensor *const *params, at::Tensor *const *grads, at::Tensor *const *exp_avgs,
                      at::Tensor *const *exp_avg_sqs, at::Tensor *const *steps, size_t n, double lr,
                      double beta1, double beta2, double eps) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    auto step_list = list(steps, n);
    const auto param_list = list(params, n), avgs = list(exp_avgs, n), avg_sqs = list(exp_avg_sqs, n);
    auto grad_list = list(grads, n);
    for (const auto &tensors : {grad_list, avgs, avg_sqs}) check_sizes(param_list, tensors);
    for (size_t i = 0; i < n; ++i) {
      const bool fits = avgs[i].strides() == param_list[i].strides() && avg_sqs[i].strides() == param_list[i].strides();
      check(fits, "moments laid out as their parameters");
      check(step_list[i].numel() == 1, "one step count a parameter");
    }
    grad_list = laid_out_as(param_list, grad_list);
    at::_foreach_add_(step_list, 1);
    at::_fused_adam_(param_list, grad_list, avgs, avg_sqs,
                     /*max_exp_avg_sqs=*/{}, step_list, lr, beta1, beta2, /*weight_decay=*/0.0, eps,
                     /*amsgrad=*/false, /*maximize=*/false);
  });
}

char *aten_foreach_lerp(at::Tensor *const *targets, at::Tensor *const *ends, size_t n, double weight) {
  return guarded([&] {
    c10::NoGradGuard no_grad;
    at::_foreach_lerp_(list(targets, n), list(ends, n), weight);
  });
}

char *aten_leaky_relu(const at::Tensor *input, double slope, at::Tensor **output) {
  return guarded([&] { *output = new at::Tensor(at::leaky_relu(*input, slope)); });
}

// A page-locked copy, in ordinary calls rather than tch's, whose further argument libtorch warns of.
char *aten_pinned(const at::Tensor *input, at::Tensor **output) {
  return guarded([&] { *output = new at::Tensor(input->pin_memory()); });
}

char *aten_upload(const at::Tensor *input, int device, at::Tensor **output) {
  return guarded([&] {
    // The allocator keeps the page-locked copy until the device has read it.
    const at::Device to(at::kCUDA, static_cast<c10::DeviceIndex>(device));
    *output = new at::Tensor(input->pin_memory().to(to, /*non_blocking=*/true));
  });
}

char *aten_channels_last(const at::Tensor *input, at::Tensor **output) {
  return guarded([&] { *output = new at::Tensor(input->contiguous(at::MemoryFormat::ChannelsLast)); });
}
}
