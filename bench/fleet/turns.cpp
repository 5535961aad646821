#include "turns.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace loadsim::bench {
namespace {
constexpr int tries = 3;
}

figures turns::one(const std::string& name, const run& what) {
    for (int attempt = 1;; ++attempt) {
        try {
            fmt::print(stderr, "  {}\n", name);
            return what();
        } catch (const std::exception& wrong) {
            if (attempt == tries) throw;
            repeated_.push_back(fmt::format("{}: {}", name, wrong.what()));
            fmt::print(stderr, "  again: {}\n", wrong.what());
        }
    }
}

duel turns::pairs(const std::string& name, std::uint32_t count, const run& floor, const run& loadsim) {
    duel both;
    for (std::uint32_t i = 0; i < count; ++i) {
        fmt::print(stderr, "{}: pair {} of {}\n", name, i + 1, count);
        if (i % 2 == 0) both.floor.push_back(one("floor", floor));
        both.loadsim.push_back(one("loadsim", loadsim));
        if (i % 2 != 0) both.floor.push_back(one("floor", floor));
    }
    return both;
}

} // namespace loadsim::bench
