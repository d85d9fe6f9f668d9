#pragma once
// result<T, E>: a value or an error, for code that must not throw.
// The subset of C++23 std::expected we use; swap the alias when we move on.

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace catchup::base {

template <class E>
struct failure {
  E error;
};
template <class E>
failure(E) -> failure<E>;

template <class T, class E>
class [[nodiscard]] result {
public:
  constexpr result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  constexpr result(failure<E> f) : v_(std::in_place_index<1>, std::move(f.error)) {}

  constexpr explicit operator bool() const noexcept { return v_.index() == 0; }

  constexpr T& operator*() & {
    assert(*this);
    return *std::get_if<0>(&v_);
  }
  constexpr const T& operator*() const& {
    assert(*this);
    return *std::get_if<0>(&v_);
  }
  constexpr T&& operator*() && {
    assert(*this);
    return std::move(*std::get_if<0>(&v_));
  }
  constexpr T* operator->() { return &**this; }
  constexpr const T* operator->() const { return &**this; }

  constexpr const E& error() const {
    assert(!*this);
    return *std::get_if<1>(&v_);
  }

private:
  std::variant<T, E> v_;
};

/// Success without a value, or an error: what a check returns, so that a
/// successful check reads as success (`if (check(...))`).
template <class E>
class [[nodiscard]] result<void, E> {
public:
  constexpr result() = default;
  constexpr result(failure<E> f) : error_(std::move(f.error)) {}

  constexpr explicit operator bool() const noexcept { return !error_; }

  constexpr const E& error() const {
    assert(!*this);
    return *error_;
  }

  /// Whether the check failed with this error.
  friend constexpr bool operator==(const result& r, const E& e) { return r.error_ == e; }

private:
  std::optional<E> error_;
};

} // namespace catchup::base
