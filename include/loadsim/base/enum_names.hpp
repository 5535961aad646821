// Text of enumerators (BOOST_DESCRIBE_ENUM): the printed text is the enumerator's name.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace loadsim {
namespace detail {

template <template <class...> class List, class... Enumerator>
constexpr std::array<std::string_view, sizeof...(Enumerator)> names_of(List<Enumerator...>) {
    std::size_t next = 0;
    if (((static_cast<std::size_t>(Enumerator::value) != next++) || ...))
        throw "not constant: an enumerator is missing, or out of order";
    return {Enumerator::name...};
}

} // namespace detail

/// Names by value. The description lists all enumerators in order, and their values are 0, 1, 2, ...
template <class Enum>
inline constexpr auto enum_names = detail::names_of(boost::describe::describe_enumerators<Enum>{});

template <class Enum>
constexpr std::string_view enum_name(Enum value) {
    return enum_names<Enum>[static_cast<std::size_t>(value)];
}

template <class Enum>
constexpr std::optional<Enum> parse_enum(std::string_view name) {
    for (std::size_t i = 0; i < enum_names<Enum>.size(); ++i)
        if (enum_names<Enum>[i] == name) return static_cast<Enum>(i);
    return std::nullopt;
}

} // namespace loadsim
