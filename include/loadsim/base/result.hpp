// How something that can go wrong before the load starts is handed back.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace loadsim {

/// One thing that is wrong, as the user is told it.
struct problem {
    std::string place; ///< "file:line:column", "--set load.drain", a URL, a path; may be empty
    std::string text;  ///< one sentence: what is wrong and what to do about it

    friend bool operator==(const problem&, const problem&) = default;
};

/// "place: text", or the text alone where there is no place.
std::string to_string(const problem&);

/// All that is wrong, never only the first. A struct and not a bare vector, because a vector can be
/// made from an int and `result<int>` would then no longer convert.
struct problems {
    std::vector<problem> list;

    problems() = default;
    explicit problems(problem one) { list.push_back(std::move(one)); }
    problems(std::string place, std::string text) { add(std::move(place), std::move(text)); }

    void add(std::string place, std::string text) { list.push_back({std::move(place), std::move(text)}); }
    void add(const problems& more) { list.insert(list.end(), more.list.begin(), more.list.end()); }
    bool empty() const noexcept { return list.empty(); }
};

/// One problem a line.
std::string to_string(const problems&);

/// Thrown only by `result::value()` on a result that holds problems: a bug in the caller.
[[noreturn]] void throw_exception_from_error(const problems&, const boost::source_location&);

/// A value, or everything that kept us from having one.
template <class T>
using result = boost::system::result<T, problems>;

} // namespace loadsim
