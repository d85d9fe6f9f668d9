#pragma once
// CAF prints a message without fields by its name.

#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <type_traits>

namespace catchup::actors::msg {

template <class I, class T>
requires std::is_empty_v<T>
typename I::result_type inspect(I& f, T&) {
  return f(caf::meta::type_name(caf::type_name<T>::value));
}

} // namespace catchup::actors::msg
