// What the platform's answer to a request means.
#pragma once

#include <loadsim/contract/options.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/http/client.hpp>

#include <cstdint>
#include <string>

namespace loadsim::drive {

struct http_answer {
    enum class kind : std::uint8_t { accepted, rejected, errored } what = kind::errored;
    std::string
        text; ///< accepted: the request's id, empty where the contract has no place for it; else why, to be counted by
};

/// `id`: where an answer that accepts says the request's id. One without it is errored.
http_answer read_answer(const contract::request_options&, const contract::source& id, const http::answer&);

} // namespace loadsim::drive
