// Convolutions whose maps are small, as products of matrices: what oneDNN has for them leaves most of a CPU idle (measured in
// docs/benchmarks.md). Others, and other devices, go the ordinary way.
#include "guarded.h"
#include "samples.h"
#include "small_conv.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using aten_face::check;
using aten_face::for_samples;
using aten_face::guarded;

namespace {

using at::Tensor;
using small_conv::Map;
using small_conv::Window;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The largest side of the smaller of both maps for which a product is faster. In bf16 oneDNN loses sooner.
constexpr int64_t LARGEST_F32 = 4, LARGEST_BF16 = 8;

bool multiplies_bf16() {
#if defined(__x86_64__) && defined(__GNUC__)
  static const bool does = __builtin_cpu_supports("avx512bf16");
  return does;
#else
  return false;
#endif
}

Tensor channels_innermost(const Tensor &x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

// [n, c, h, w] with the channels innermost as [n * h * w, c], in place.
Tensor flat(const Tensor &x) { return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}); }

// [a, b, k, k] as [a, k * k * b]; in place where the weight's memory is so.
Tensor matrix(const Tensor &weight) { return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}); }

// And back.
Tensor kernel(const Tensor &matrix, const Tensor &weight) {
  return matrix.view({weight.size(0), weight.size(2), weight.size(3), weight.size(1)}).permute({0, 3, 1, 2});
}

// The places of windows on a map of side `side`.
int64_t places(int64_t side, Window window) { return (side + 2 * window.padding - window.k) / window.stride + 1; }

// Windows of x [n, c, h, w] as [n * oh * ow, k * k * c].
Tensor to_rows(const Tensor &input, Window window) {
  const Tensor x = channels_innermost(input);
  if (window.k == 1 && window.stride == 1 && window.padding == 0) return flat(x);
  const Map m{x.size(2), x.size(3), x.size(1), places(x.size(2), window), places(x.size(3), window)};
  const int64_t width = window.k * window.k * m.c;
  Tensor rows = at::empty({x.size(0) * m.oh * m.ow, width}, x.options());
  for_samples(x, x.size(0), [&](auto type, int64_t i) {
    using T = std::remove_pointer_t<decltype(type)>;
    small_conv::to_rows(static_cast<const T *>(x.data_ptr()) + i * m.h * m.w * m.c,
                        static_cast<T *>(rows.data_ptr()) + i * m.oh * m.ow * width, m, window);
  });
  return rows;
}

// The transpose of the above, to [n, c, h, w].
Tensor from_rows(const Tensor &rows, int64_t n, int64_t c, int64_t h, int64_t w, Window window) {
  const Map m{h, w, c, places(h, window), places(w, window)};
  Tensor x = at::empty({n, c, h, w}, rows.options(), at::MemoryFormat::ChannelsLast);
  for_samples(rows, n, [&](auto type, int64_t i) {
    using T = std::remove_pointer_t<decltype(type)>;
    std::vector<float> sum(c);
    small_conv::from_rows(static_cast<const T *>(rows.data_ptr()) + i * m.oh * m.ow * window.k * window.k * c,
                          static_cast<T *>(x.data_ptr()) + i * h * w * c, m, window, sum.data());
  });
  return x;
}

class SmallConv : public torch::autograd::Function<SmallConv> {
 public:
  // weight [c_out, c_in, k, k]; transposed, [c_in, c_out, k, k].
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &weight, const std::optional<Tensor> &bias,
                        bool transposed, int64_t stride, int64_t padding) {
    const Window window{weight.size(2), stride, padding};
    const int64_t n = x.size(0);
    Tensor y;
    if (transposed) {
      const Tensor rows = at::mm(flat(channels_innermost(x)), matrix(weight));
      const auto whole = [&](int64_t side) { return (side - 1) * stride - 2 * padding + window.k; };
      y = from_rows(rows, n, weight.size(1), whole(x.size(2)), whole(x.size(3)), window);
      if (bias) y = y + bias->view({1, -1, 1, 1});
    } else {
      const Tensor rows = to_rows(x, window), by = matrix(weight).t();
      const Tensor product = bias ? at::addmm(*bias, rows, by) : at::mm(rows, by);
      y = product.view({n, places(x.size(2), window), places(x.size(3), window), -1}).permute({0, 3, 1, 2});
    }
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["transposed"] = transposed;
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &gradient = gradients[0];
    const bool transposed = context->saved_data["transposed"].toBool();
    const int64_t stride = context->saved_data["stride"].toInt(), padding = context->saved_data["padding"].toInt();
    const bool of_x = context->needs_input_grad(0), of_weight = context->needs_input_grad(1);
    const bool of_bias = context->saved_data["bias"].toBool() && context->needs_input_grad(2);
    Tensor dx, dw, db;
    if (of_bias) db = gradient.sum({0, 2, 3});
    if (at::GradMode::is_enabled()) {
      // To be differentiated again, which libtorch knows how to do.
      std::tie(dx, dw, std::ignore) =
          at::convolution_backward(gradient, x, weight, std::nullopt, {stride, stride}, {padding, padding}, {1, 1}, transposed,
                                   {0, 0}, 1, {of_x, of_weight, false});
      return {dx, dw, db, Tensor(), Tensor(), Tensor()};
    }
    const Window window{weight.size(2), stride, padding};
    if (transposed) {
      const Tensor rows = to_rows(gradient, window);  // [n * h * w, k * k * c_out]
      if (of_x) {
        dx = at::mm(rows, matrix(weight).t()).view({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2});
      }
      if (of_weight) dw = kernel(at::mm(flat(channels_innermost(x)).t(), rows), weight);
    } else {
      const Tensor by = flat(channels_innermost(gradient));  // [n * oh * ow, c_out]
      if (of_x) dx = from_rows(at::mm(by, matrix(weight)), x.size(0), x.size(1), x.size(2), x.size(3), window);
      if (of_weight) dw = kernel(at::mm(by.t(), to_rows(x, window)), weight);
    }
    return {dx, dw, db, Tensor(), Tensor(), Tensor()};
  }
};

bool is_small(const Tensor &x, const Tensor &weight, bool transposed, int64_t stride, int64_t padding) {
  const bool bf16 = x.scalar_type() == at::kBFloat16;
  const bool known = bf16 ? multiplies_bf16() : x.scalar_type() == at::kFloat;
  if (!known || !x.is_cpu() || x.dim() != 4 || x.numel() == 0 || x.size(2) != x.size(3)) return false;
  if (weight.scalar_type() != x.scalar_type() || weight.size(2) != weight.size(3)) return false;
  if (x.size(1) != weight.size(transposed ? 0 : 1)) return false;
  const int64_t side = x.size(2);
  // For ATen to refuse.
  if (!transposed && side + 2 * padding < weight.size(2)) return false;
  const int64_t smaller = transposed ? side : places(side, {weight.size(2), stride, padding});
  return smaller >= 1 && smaller <= (bf16 ? LARGEST_BF16 : LARGEST_F32);
}

}  // namespace

extern "C" char *aten_conv(const Tensor *x, const Tensor *weight, const Tensor *bias, bool transposed, int64_t stride,
                           int64_t padding, Tensor **output) {
  return guarded([&] {
    std::optional<Tensor> offset;
    if (bias) offset = *bias;
    check(weight->dim() == 4, "a weight of [c, c, k, k]");
    if (is_small(*x, *weight, transposed, stride, padding)) {
      *output = new Tensor(SmallConv::apply(*x, *weight, offset, transposed, stride, padding));
    } else {
      *output = new Tensor(at::convolution(*x, *weight, offset, {stride, stride}, {padding, padding}, {1, 1}, transposed,
                                           {0, 0}, 1));
    }
  });
}

// A weight in the type of maps and with its input channels innermost, as both ways above take it, in one copy.
extern "C" char *aten_weight_like(const Tensor *weight, const Tensor *x, Tensor **output) {
  return guarded([&] {
    *output = new Tensor(weight->to(x->scalar_type(), /*non_blocking=*/false, /*copy=*/false, at::MemoryFormat::ChannelsLast));
  });
}
