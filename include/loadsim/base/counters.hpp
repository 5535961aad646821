// Fields of structs described with BOOST_DESCRIBE_STRUCT: access by name, and sums of counters.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace loadsim {

template <class T>
concept described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

namespace detail {

template <described T>
using fields_of = boost::describe::describe_members<T, boost::describe::mod_public>;

struct any_value {
    template <class T>
    operator T() const;
};

template <class Aggregate, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
    return requires { Aggregate{(static_cast<void>(I), any_value{})...}; };
}

/// True: the description lists all fields of the aggregate.
template <described T, std::size_t Fields = boost::mp11::mp_size<fields_of<T>>::value>
inline constexpr bool complete = takes<T>(std::make_index_sequence<Fields>{}) &&
                                 !takes<T>(std::make_index_sequence<Fields + 1>{});

} // namespace detail

/// Calls visit(name, the field of each object ...) for all fields, in order of declaration. Does not compile if a field is
/// missing from the description.
template <class Visit, class T, class... More>
requires described<std::remove_const_t<T>>
void each_field(Visit visit, T& first, More&... more) {
    static_assert(detail::complete<std::remove_const_t<T>>, "a field is missing from BOOST_DESCRIBE_STRUCT");
    boost::mp11::mp_for_each<detail::fields_of<std::remove_const_t<T>>>(
        [&](auto field) { visit(field.name, first.*field.pointer, more.*field.pointer...); });
}

/// Adds counters: by merge() if there is one; else structs by field, maps by key, arrays and lists by index.
template <class T>
void add(T& sum, const T& more) {
    static_assert(!std::same_as<T, bool> && !std::same_as<T, std::string>, "is no counter");
    if constexpr (std::is_arithmetic_v<T>) {
        sum += more;
    } else if constexpr (requires { sum.merge(more); }) {
        sum.merge(more);
    } else if constexpr (described<T>) {
        each_field([](const char*, auto& s, const auto& m) { add(s, m); }, sum, more);
    } else if constexpr (requires { typename T::mapped_type; }) {
        for (const auto& [key, count] : more) add(sum[key], count);
    } else {
        if constexpr (requires { sum.resize(more.size()); })
            if (sum.size() < more.size()) sum.resize(more.size());
        for (std::size_t i = 0; i < more.size(); ++i) add(sum[i], more[i]);
    }
}

} // namespace loadsim
