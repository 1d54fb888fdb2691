// A blur of maps as one differentiable call. On the CPU it goes over memory once, where padding and two means go three times;
// elsewhere it is those.
#include "blur.h"
#include "guarded.h"
#include "samples.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

using aten_face::check;
using aten_face::for_samples;
using aten_face::guarded;

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Two means over 2x2 places are the kernel.
Tensor chain(const Tensor &x) {
  const auto mean = [](const Tensor &t) { return at::avg_pool2d(t, {2, 2}, {1, 1}); };
  return mean(mean(at::replication_pad2d(x, {1, 1, 1, 1})));
}

// A repeated border makes the blur of a line a symmetric matrix: it is its own transpose, at every order. So no gradient of the padding
// is asked for, which a CUDA device adds in no fixed order.
class Blur : public torch::autograd::Function<Blur> {
 public:
  static Tensor forward(AutogradContext *, const Tensor &input) {
    const bool known = input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16;
    if (!input.is_cpu() || !known) return chain(input);
    const Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t c = x.size(1), h = x.size(2), w = x.size(3);
    Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    for_samples(x, x.size(0), [&](auto type, int64_t i) {
      using T = std::remove_pointer_t<decltype(type)>;
      static thread_local std::vector<float> columns;
      columns.resize(w * c);
      const int64_t from = i * h * w * c;
      blur::map(static_cast<const T *>(x.data_ptr()) + from, static_cast<T *>(y.data_ptr()) + from, h, w, c, columns.data());
    });
    return y;
  }

  static variable_list backward(AutogradContext *, variable_list gradients) { return {Blur::apply(gradients[0])}; }
};

}  // namespace

extern "C" char *aten_blur(const Tensor *x, Tensor **output) {
  return guarded([&] {
    check(x->dim() == 4 && x->numel() > 0, "values of [n, c, h, w]");
    *output = new Tensor(Blur::apply(*x));
  });
}
