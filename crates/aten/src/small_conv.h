// Windows of maps as rows of a matrix and back, for tensors with the channels innermost on the CPU.
#pragma once

#include "scalar.h"

namespace small_conv {

using scalar::load;
using scalar::store;

// Where windows of side k are taken: each step apart, from -padding on.
struct Window {
  int64_t k, stride, padding;
};

// A map of [h, w, c] with its windows' places [oh, ow].
struct Map {
  int64_t h, w, c, oh, ow;
};

// One map to [oh * ow, k * k * c]; what lies outside is 0.
template <typename T>
void to_rows(const T *map, T *rows, Map m, Window window) {
  const auto [k, stride, padding] = window;
  const size_t line = static_cast<size_t>(k * m.c);
  for (int64_t oy = 0; oy < m.oh; ++oy) {
    for (int64_t ox = 0; ox < m.ow; ++ox) {
      const int64_t left = ox * stride - padding;
      const int64_t from = left < 0 ? -left : 0, to = left + k > m.w ? m.w - left : k;
      for (int64_t ky = 0; ky < k; ++ky, rows += line) {
        const int64_t y = oy * stride - padding + ky;
        if (y < 0 || y >= m.h || from >= to) {
          std::memset(rows, 0, line * sizeof(T));
          continue;
        }
        std::memset(rows, 0, from * m.c * sizeof(T));
        std::memcpy(rows + from * m.c, map + (y * m.w + left + from) * m.c, (to - from) * m.c * sizeof(T));
        std::memset(rows + to * m.c, 0, (k - to) * m.c * sizeof(T));
      }
    }
  }
}

// The transpose of the above: each place of the map gets the sum, in f32, of all that windows hold of it. `sum` has room for
// c floats.
template <typename T>
INLINED void from_rows_inline(const T *rows, T *map, Map m, Window window, float *sum) {
  const auto [k, stride, padding] = window;
  for (int64_t y = 0; y < m.h; ++y) {
    for (int64_t x = 0; x < m.w; ++x, map += m.c) {
      std::memset(sum, 0, m.c * sizeof(float));
      for (int64_t ky = (y + padding) % stride; ky < k; ky += stride) {
        const int64_t oy = (y + padding - ky) / stride;
        if (y + padding < ky || oy >= m.oh) continue;
        for (int64_t kx = (x + padding) % stride; kx < k; kx += stride) {
          const int64_t ox = (x + padding - kx) / stride;
          if (x + padding < kx || ox >= m.ow) continue;
          const T *__restrict part = rows + ((oy * m.ow + ox) * k * k + ky * k + kx) * m.c;
          for (int64_t i = 0; i < m.c; ++i) sum[i] += load(part + i);
        }
      }
      for (int64_t i = 0; i < m.c; ++i) store(map + i, sum[i]);
    }
  }
}

EACH_PROCESSOR inline void from_rows(const float *rows, float *map, Map m, Window window, float *sum) {
  from_rows_inline(rows, map, m, window, sum);
}
EACH_PROCESSOR inline void from_rows(const uint16_t *rows, uint16_t *map, Map m, Window window, float *sum) {
  from_rows_inline(rows, map, m, window, sum);
}

}  // namespace small_conv
