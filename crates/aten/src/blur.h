// The binomial kernel [1, 2, 1] / 4 in both directions over maps [h, w, c] with the channels innermost, the border repeated.
#pragma once

#include "scalar.h"

namespace blur {

using scalar::load;
using scalar::store;

// One map. `columns` has room for w * c floats.
template <typename T>
INLINED void map_inline(const T *x, T *y, int64_t h, int64_t w, int64_t c, float *__restrict columns) {
  const int64_t line = w * c;
  for (int64_t row = 0; row < h; ++row, y += line) {
    const T *__restrict here = x + row * line;
    const T *__restrict above = row > 0 ? here - line : here;
    const T *__restrict below = row + 1 < h ? here + line : here;
    for (int64_t i = 0; i < line; ++i) columns[i] = load(above + i) + 2 * load(here + i) + load(below + i);
    const auto edge = [&](int64_t from, int64_t left, int64_t right) {
      for (int64_t i = 0; i < c; ++i) {
        store(y + from + i, (columns[left + i] + 2 * columns[from + i] + columns[right + i]) / 16);
      }
    };
    const int64_t last = line - c, next = w > 1 ? c : 0;
    edge(0, 0, next);
    for (int64_t i = c; i < last; ++i) store(y + i, (columns[i - c] + 2 * columns[i] + columns[i + c]) / 16);
    edge(last, last - next, last);
  }
}

EACH_PROCESSOR inline void map(const float *x, float *y, int64_t h, int64_t w, int64_t c, float *columns) {
  map_inline(x, y, h, w, c, columns);
}
EACH_PROCESSOR inline void map(const uint16_t *x, uint16_t *y, int64_t h, int64_t w, int64_t c, float *columns) {
  map_inline(x, y, h, w, c, columns);
}

}  // namespace blur
