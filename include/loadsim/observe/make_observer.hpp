// Any observer that is on its own, from its options.
#pragma once

#include <loadsim/contract/terms.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::observe {

/// What observers look at.
struct surroundings {
    std::vector<net::endpoint> brokers{}; ///< of mqtt: the first that answers, then the next. With our own credentials
    http::client_options api{};           ///< of sse and websocket: bases, tls, proxy
    /// Adds what lets us in; called for each connection, on the observer's thread. May be empty.
    std::function<void(http::request&)> sign{};
    std::string subscribe{}; ///< the websocket's first message, rendered; empty: none
    /// The vehicles' words, of mqtt; empty: nobody wants them. Give it to one observer only.
    on_word word{};
    const contract::terms* terms = nullptr; ///< how words are read; must outlive the observer. Null: our own
};

/// mqtt, webhook, sse or websocket. Null for the others: they live in a shard (poller, last_words) or need no more than
/// end_in_response(). `index`: its place in load.observers.
std::unique_ptr<observer> make_observer(const options&, const surroundings&, on_event, std::uint32_t index);

/// Nothing but the vehicles' words (`where.word`), for runs in which no mqtt observer could listen to them as well.
std::unique_ptr<observer> make_word_listener(const surroundings& where);

} // namespace loadsim::observe
