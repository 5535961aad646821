// Result type for operations before the load starts: a value, or all problems found.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace loadsim {

/// One problem, as printed for the user.
struct problem {
    std::string location; ///< "file:line:column", "--set load.drain", a URL, a path; may be empty
    std::string text;     ///< one sentence: what is wrong and what to do about it

    friend bool operator==(const problem&, const problem&) = default;
};

/// "location: text", or the text alone if the location is empty.
std::string to_string(const problem&);

/// All problems found, not only the first. A struct and not a bare vector: a vector can be constructed from an int, and
/// `result<int>` would then no longer convert.
struct problems {
    std::vector<problem> list;

    problems() noexcept = default;
    explicit problems(problem one);
    problems(std::string location, std::string text);
    // Defined in result.cpp: half of all files would compile them again.
    problems(const problems&);
    problems(problems&&) noexcept;
    problems& operator=(const problems&);
    problems& operator=(problems&&) noexcept;
    ~problems();

    void add(std::string location, std::string text);
    void add(const problems& more);
    bool empty() const noexcept { return list.empty(); }
};

/// One problem per line.
std::string to_string(const problems&);

/// Called only by `result::value()` on a result that holds problems: a bug in the caller.
[[noreturn]] void throw_exception_from_error(const problems&, const boost::source_location&);

/// A value, or the problems that prevented it.
template <class T>
using result = boost::system::result<T, problems>;

} // namespace loadsim
