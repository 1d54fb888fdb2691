// The way out of C++: no exception passes to Rust.
#pragma once

#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

namespace aten_face {

// Calls; null, or what was thrown in words that are to be freed with aten_free.
template <typename Call>
char *guarded(Call call) {
  try {
    call();
    return nullptr;
  } catch (const std::exception &e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("an exception that is no std::exception");
  }
}

// Throws what was expected where it does not hold.
inline void check(bool holds, const char *expected) {
  if (!holds) throw std::invalid_argument(std::string("expected ") + expected);
}

}  // namespace aten_face
