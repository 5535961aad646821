// Typed values from text. Each function returns what is wrong with the text, "is no whole number"; empty: nothing.
#pragma once

#include <string>
#include <string_view>

namespace loadsim::contract {

/// `out`: of std::int32_t, std::int64_t, std::uint32_t or std::uint64_t. A fraction of zeros, as in 61.0, is none.
template <class Integer>
std::string parse_integer(std::string_view, Integer& out);

/// `out`: float or double; a float is rounded. Neither infinite nor NaN.
template <class Real>
std::string parse_real(std::string_view, Real& out);

/// true, false, 1 or 0.
std::string parse_bool(std::string_view, bool& out);

std::string check_utf8(std::string_view);

} // namespace loadsim::contract
