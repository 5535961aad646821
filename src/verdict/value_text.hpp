// Values in sentences: durations and shares with three significant digits.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <string>

namespace loadsim::verdict {

/// "163ms", "1.23s", "50us": three significant digits, without zeros at the end. Negative: with its sign.
std::string short_duration(double ms);
/// The same with as many digits as it takes to differ from the text of `other`, unless the two are equal: a value just above a
/// limit does not look equal to it.
std::string short_duration_beside(double ms, double other);

/// Value of a budget's metric, in the unit of its limit: "163ms", "0.15%", "3". It differs from the text of the limit unless it is
/// equal to it.
std::string value_text(const budget&, double value);
/// Distance of two values: "138ms", "0.05 percentage points", "3".
std::string distance_text(const budget&, double distance);

/// True: the limit of a budget is a duration.
bool is_duration(const budget&);

} // namespace loadsim::verdict
