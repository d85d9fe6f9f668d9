#pragma once
// The text format of OpenMetrics 1.0, as far as counters and gauges need it.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace catchup::http::admin {

class openmetrics {
public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Starts a family; its samples follow before the next one.
  openmetrics& gauge(std::string_view name, std::string_view help, std::string_view unit = {});
  /// `name` is without `_total`, which its samples get.
  openmetrics& counter(std::string_view name, std::string_view help, std::string_view unit = {});
  openmetrics& info(std::string_view name, std::string_view help);
  /// A family of one histogram: counts by upper bound in seconds, the last of
  /// them without one, and the sum of all.
  openmetrics& histogram(std::string_view name, std::string_view help,
                         std::span<const double> bounds, std::span<const std::uint64_t> counts,
                         double sum);

  /// A sample of the family.
  openmetrics& add(std::uint64_t value, labels of = {});
  openmetrics& add(double value, labels of = {});

  /// The whole text, with its end.
  std::string done();

  static constexpr std::string_view content_type =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

private:
  openmetrics& family(std::string_view name, std::string_view type, std::string_view suffix,
                      std::string_view help, std::string_view unit);
  openmetrics& sample(std::string_view value, labels of);
  std::string out_, name_;
};

} // namespace catchup::http::admin
