// Batch normalisation, an affine map and a leaky ReLU in one go over memory, for tensors [n, c, h, w] on the CPU.
// Each kernel sees maps with the channels innermost: `rows` = h * w rows of `c` values for each of n samples.
#pragma once

#include "scalar.h"

namespace norm_act {

using scalar::load;
using scalar::store;

// Rows whose sums stay in f32; longer sums are in f64.
constexpr int64_t BLOCK = 128;

// sum[c] and squares[c] of one sample. `partial` has room for 2c floats.
template <typename T>
INLINED void moments(const T *x, int64_t rows, int64_t c, float *partial, double *sum, double *squares) {
  for (int64_t from = 0; from < rows; from += BLOCK) {
    std::memset(partial, 0, 2 * c * sizeof(float));
    const int64_t end = from + BLOCK < rows ? from + BLOCK : rows;
    float *__restrict s = partial, *__restrict q = partial + c;
    for (int64_t row = from; row < end; ++row) {
      const T *__restrict line = x + row * c;
      for (int64_t i = 0; i < c; ++i) {
        const float value = load(line + i);
        s[i] += value;
        q[i] += value * value;
      }
    }
    for (int64_t i = 0; i < c; ++i) {
      sum[i] += s[i];
      squares[i] += q[i];
    }
  }
}

// y = act(x * a + b) of one sample, with a[c], b[c].
template <typename T>
INLINED void apply(const T *x, const float *__restrict a, const float *__restrict b, float slope, int64_t rows, int64_t c,
                   T *y) {
  for (int64_t row = 0; row < rows; ++row) {
    const T *__restrict in = x + row * c;
    T *__restrict out = y + row * c;
    for (int64_t i = 0; i < c; ++i) {
      const float value = load(in + i) * a[i] + b[i];
      store(out + i, value > 0 ? value : value * slope);
    }
  }
}

// Of one sample: s1[c], the sum of the gradient before the activation, and s2[c], that of it times x (not normalised).
template <typename T>
INLINED void sums(const T *x, const T *g, const float *__restrict a, const float *__restrict b, float slope, int64_t rows,
                  int64_t c, float *partial, double *s1, double *s2) {
  for (int64_t from = 0; from < rows; from += BLOCK) {
    std::memset(partial, 0, 2 * c * sizeof(float));
    const int64_t end = from + BLOCK < rows ? from + BLOCK : rows;
    float *__restrict p1 = partial, *__restrict p2 = partial + c;
    for (int64_t row = from; row < end; ++row) {
      const T *__restrict in = x + row * c;
      const T *__restrict grad = g + row * c;
      for (int64_t i = 0; i < c; ++i) {
        const float value = load(in + i);
        const float inner = load(grad + i) * (value * a[i] + b[i] > 0 ? 1.0f : slope);
        p1[i] += inner;
        p2[i] += inner * value;
      }
    }
    for (int64_t i = 0; i < c; ++i) {
      s1[i] += p1[i];
      s2[i] += p2[i];
    }
  }
}

// dx = inner * a + x * k + m of one sample, with k[c], m[c] what the batch's moments take back.
template <typename T>
INLINED void gradient(const T *x, const T *g, const float *__restrict a, const float *__restrict b,
                      const float *__restrict k, const float *__restrict m, float slope, int64_t rows, int64_t c, T *dx) {
  for (int64_t row = 0; row < rows; ++row) {
    const T *__restrict in = x + row * c;
    const T *__restrict grad = g + row * c;
    T *__restrict out = dx + row * c;
    for (int64_t i = 0; i < c; ++i) {
      const float value = load(in + i);
      const float inner = load(grad + i) * (value * a[i] + b[i] > 0 ? 1.0f : slope);
      store(out + i, inner * a[i] + value * k[i] + m[i]);
    }
  }
}

// The same for each type of values, in plain functions, which alone can be made for each processor.
#define FOR_TYPE(T)                                                                                                      \
  EACH_PROCESSOR static void moments_of(const T *x, int64_t rows, int64_t c, float *partial, double *sum,                \
                                        double *squares) {                                                               \
    moments(x, rows, c, partial, sum, squares);                                                                          \
  }                                                                                                                      \
  EACH_PROCESSOR static void apply_to(const T *x, const float *a, const float *b, float slope, int64_t rows, int64_t c,  \
                                      T *y) {                                                                            \
    apply(x, a, b, slope, rows, c, y);                                                                                   \
  }                                                                                                                      \
  EACH_PROCESSOR static void sums_of(const T *x, const T *g, const float *a, const float *b, float slope, int64_t rows,  \
                                     int64_t c, float *partial, double *s1, double *s2) {                                \
    sums(x, g, a, b, slope, rows, c, partial, s1, s2);                                                                   \
  }                                                                                                                      \
  EACH_PROCESSOR static void gradient_of(const T *x, const T *g, const float *a, const float *b, const float *k,         \
                                         const float *m, float slope, int64_t rows, int64_t c, T *dx) {                  \
    gradient(x, g, a, b, k, m, slope, rows, c, dx);                                                                      \
  }
FOR_TYPE(float)
FOR_TYPE(uint16_t)
#undef FOR_TYPE

}  // namespace norm_act
