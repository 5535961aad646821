// What ranks tell each other, as values and as text.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace loadsim::cluster {

/// A rank's first word to rank 0.
struct hello {
    std::string version;
    std::string scenario;     ///< its text as resolved: all ranks must have the same
    std::string trouble;      ///< why this rank cannot take part; empty: it can
    std::int64_t wall_us = 0; ///< its system clock, microseconds since 1970

    friend bool operator==(const hello&, const hello&) = default;
};

/// Rank 0's answer when all may go on.
struct welcome {
    std::string folder; ///< of the run
    std::uint32_t shards = 0;

    friend bool operator==(const welcome&, const welcome&) = default;
};

/// What rank 0 tells all others to do.
struct order {
    enum class kind : std::uint8_t {
        connect,
        load, ///< begin at start_wall_us
        cut,  ///< no more arrivals; what is open goes on
        give_up,
        stop,
        leave
    };
    kind what = kind::connect;
    std::int64_t start_wall_us = 0; ///< of `load`: its start on the system clock, microseconds since 1970

    friend bool operator==(const order&, const order&) = default;
};

/// What a rank tells rank 0 about once a second, and its spool.
struct report {
    measure::snapshot seen;
    std::uint32_t orders_followed = 0;
    bool interrupted = false; ///< this rank was told to end as by Ctrl-C ...
    bool terminated = false;  ///< ... or as by SIGTERM
    bool leaving = false;     ///< its last letter
};

using message = std::variant<hello, welcome, order, report>;

/// One line of JSON without its newline, for example {"order":{"what":"load","start_wall_us":1700000000000000}}.
/// Histograms are HdrHistogram's V2 in base64; a number with a fraction is a string, since not every reader of JSON gives back
/// the same bits; an instant that never came (NaN) is null. Bytes that are not UTF-8 stay as they are.
std::string encode(const message&);

/// The other way. Safe with bytes from anywhere.
/// Errors: no JSON, an unknown, a missing or a wrong key, a number out of its range, a damaged histogram; each with its place
/// in the letter ("report.seen.requests.due").
result<message> decode(std::string_view text);

} // namespace loadsim::cluster
