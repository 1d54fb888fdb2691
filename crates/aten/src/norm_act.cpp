// Batch normalisation, an affine map by channel (of each sample, or of all), and a leaky ReLU as one differentiable
// call. On the CPU it goes over memory twice forward and twice backward, where a chain of calls goes eight times and more;
// elsewhere it is that chain.
#include "guarded.h"
#include "norm_act.h"
#include "samples.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <vector>

using aten_face::check;
using aten_face::for_samples;
using aten_face::guarded;

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Shape {
  int64_t n, c, rows;
};

Shape shape_of(const Tensor &x) { return {x.size(0), x.size(1), x.size(2) * x.size(3)}; }

template <typename T>
T *values(const Tensor &x) {
  return static_cast<T *>(x.data_ptr());
}

// a, b [n, c] in f32 such that y = act(x * a + b).
std::pair<Tensor, Tensor> line(const Tensor &mean, const Tensor &invstd, const Tensor &scale, const Tensor &shift, int64_t n) {
  Tensor a = (invstd * scale).expand({n, -1}).contiguous();
  Tensor b = (shift - mean * a).contiguous();
  return {a, b};
}

class NormAct : public torch::autograd::Function<NormAct> {
 public:
  static Tensor forward(AutogradContext *context, const Tensor &input, const Tensor &scale, const Tensor &shift,
                        const Tensor &running_mean, const Tensor &running_var, bool training, double momentum, double eps,
                        double slope) {
    const Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
    const auto [n, c, rows] = shape_of(x);
    Tensor mean = running_mean, invstd;
    if (training) {
      // Sums by sample, added up in order: the same whatever the number of threads.
      Tensor sums = at::zeros({n, 2, c}, x.options().dtype(at::kDouble));
      double *all = sums.data_ptr<double>();
      for_samples(x, n, [&, c = c, rows = rows](auto type, int64_t i) {
        using T = std::remove_pointer_t<decltype(type)>;
        std::vector<float> partial(2 * c);
        double *own = all + i * 2 * c;
        norm_act::moments_of(values<T>(x) + i * rows * c, rows, c, partial.data(), own, own + c);
      });
      const double count = static_cast<double>(n * rows);
      const Tensor means = sums.sum(0) / count;  // [2, c]
      const Tensor var = (means[1] - means[0].square()).clamp_min(0);
      mean = means[0].to(at::kFloat);
      invstd = (var + eps).rsqrt().to(at::kFloat);
      running_mean.lerp_(mean, momentum);
      running_var.lerp_((var * (count / std::max(count - 1, 1.0))).to(at::kFloat), momentum);
    } else {
      mean = mean.clone();
      invstd = (running_var + eps).rsqrt();
    }
    const auto [a, b] = line(mean, invstd, scale, shift, n);
    Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    for_samples(x, n, [&, c = c, rows = rows, a = a, b = b](auto type, int64_t i) {
      using T = std::remove_pointer_t<decltype(type)>;
      norm_act::apply_to(values<T>(x) + i * rows * c, values<float>(a) + i * c, values<float>(b) + i * c, slope, rows, c,
                         values<T>(y) + i * rows * c);
    });
    context->save_for_backward({x, scale, mean, invstd, a, b});
    context->saved_data["training"] = training;
    context->saved_data["slope"] = slope;
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    // What follows has no history: a gradient of it would be wrong without a word.
    check(!at::GradMode::is_enabled(), "one derivative of norm_act, not one of another");
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &scale = saved[1], &mean = saved[2], &invstd = saved[3], &a = saved[4], &b = saved[5];
    const bool training = context->saved_data["training"].toBool();
    const float slope = context->saved_data["slope"].toDouble();
    const Tensor g = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const auto [n, c, rows] = shape_of(x);
    Tensor sums = at::zeros({n, 2, c}, x.options().dtype(at::kDouble));
    double *all = sums.data_ptr<double>();
    for_samples(x, n, [&, c = c, rows = rows](auto type, int64_t i) {
      using T = std::remove_pointer_t<decltype(type)>;
      std::vector<float> partial(2 * c);
      double *own = all + i * 2 * c;
      norm_act::sums_of(values<T>(x) + i * rows * c, values<T>(g) + i * rows * c, values<float>(a) + i * c,
                        values<float>(b) + i * c, slope, rows, c, partial.data(), own, own + c);
    });
    const Tensor d_shift = sums.select(1, 0);                                       // [n, c]
    const Tensor d_scale = (sums.select(1, 1) - mean * d_shift) * invstd;           // [n, c]: of the normalised values
    // What the batch's own mean and variance take back from each value (Ioffe and Szegedy 2015, section 3).
    Tensor k = at::zeros({c}, at::kFloat), m = at::zeros({c}, at::kFloat);
    if (training) {
      const double count = static_cast<double>(n * rows);
      const Tensor by_mean = (scale * d_shift).sum(0) / count;
      const Tensor by_var = (scale * d_scale).sum(0) / count;
      k = -(invstd * invstd * by_var);
      m = (-(invstd * by_mean) - k * mean).to(at::kFloat).contiguous();
      k = k.to(at::kFloat).contiguous();
    }
    Tensor dx = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    for_samples(x, n, [&, c = c, rows = rows](auto type, int64_t i) {
      using T = std::remove_pointer_t<decltype(type)>;
      norm_act::gradient_of(values<T>(x) + i * rows * c, values<T>(g) + i * rows * c, values<float>(a) + i * c,
                            values<float>(b) + i * c, values<float>(k), values<float>(m), slope, rows, c,
                            values<T>(dx) + i * rows * c);
    });
    const auto like_scale = [&](const Tensor &all_samples) {
      return (scale.size(0) == 1 ? all_samples.sum(0, true) : all_samples).to(at::kFloat);
    };
    return {dx, like_scale(d_scale), like_scale(d_shift), Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

Tensor chain(const Tensor &x, const Tensor &scale, const Tensor &shift, const Tensor &running_mean, const Tensor &running_var,
             bool training, double momentum, double eps, double slope) {
  const Tensor maps = x.contiguous(at::MemoryFormat::ChannelsLast);
  if (scale.size(0) == 1) {
    return at::leaky_relu(at::batch_norm(maps, scale.squeeze(0), shift.squeeze(0), running_mean, running_var, training,
                                         momentum, eps, /*cudnn_enabled=*/true),
                          slope);
  }
  const Tensor normalised =
      at::batch_norm(maps, {}, {}, running_mean, running_var, training, momentum, eps, /*cudnn_enabled=*/true);
  const auto by_place = [&](const Tensor &t) { return t.to(x.scalar_type()).unsqueeze(-1).unsqueeze(-1); };
  return at::leaky_relu(at::addcmul(by_place(shift), normalised, by_place(scale)), slope);
}

}  // namespace

extern "C" char *aten_norm_act(const Tensor *x, const Tensor *scale, const Tensor *shift, const Tensor *running_mean,
                               const Tensor *running_var, bool training, double momentum, double eps, double slope,
                               Tensor **output) {
  return guarded([&] {
    check(x->dim() == 4, "values of [n, c, h, w]");
    const int64_t n = x->size(0), c = x->size(1);
    for (const Tensor *t : {scale, shift}) {
      check(t->dim() == 2 && (t->size(0) == n || t->size(0) == 1) && t->size(1) == c && t->scalar_type() == at::kFloat,
            "scale and shift of [n, c] or [1, c] in f32");
    }
    check(scale->size(0) == shift->size(0), "scale and shift of one shape");
    for (const Tensor *t : {running_mean, running_var}) {
      check(t->dim() == 1 && t->size(0) == c && t->scalar_type() == at::kFloat && !t->requires_grad(),
            "running statistics of [c] in f32");
    }
    const bool known = x->scalar_type() == at::kFloat || x->scalar_type() == at::kBFloat16;
    if (x->is_cpu() && known && x->numel() > 0) {
      *output = new Tensor(
          NormAct::apply(*x, *scale, *shift, *running_mean, *running_var, training, momentum, eps, slope));
    } else {
      *output = new Tensor(chain(*x, *scale, *shift, *running_mean, *running_var, training, momentum, eps, slope));
    }
  });
}
