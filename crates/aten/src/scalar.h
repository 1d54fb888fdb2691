// Values of a map as kernels read and write them: f32, or bf16 as its 16 bits.
#pragma once

#include <cstdint>
#include <cstring>

// The compiler makes a version for each kind of processor and chooses at the start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EACH_PROCESSOR
#endif
#define INLINED inline __attribute__((always_inline))

namespace scalar {

// bf16 is the upper half of an f32.
INLINED float load(const uint16_t *x) {
  uint32_t bits = static_cast<uint32_t>(*x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
INLINED float load(const float *x) { return *x; }

// To the nearest, ties to even. What is no number stays none.
INLINED void store(uint16_t *to, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  *to = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
}
INLINED void store(float *to, float value) { *to = value; }

}  // namespace scalar
