#include <loadsim/net/server_list.hpp>

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace loadsim::net {

using boost::asio::ip::address;
using boost::asio::ip::tcp;

namespace {

/// In the system's order of preference (RFC 6724). Blocks.
std::vector<address> addresses_of(const std::string& name, boost::system::error_code& error) {
    boost::asio::io_context io;
    std::vector<address> all;
    for (const auto& found : tcp::resolver(io).resolve(name, "0", error)) all.push_back(found.endpoint().address());
    return all;
}

} // namespace

std::string to_string(const tcp::endpoint& e) {
    const auto host = e.address().to_string();
    return e.address().is_v6() ? fmt::format("[{}]:{}", host, e.port()) : fmt::format("{}:{}", host, e.port());
}

address_cache::address_cache(const std::vector<endpoint>& urls) {
    for (const auto& url : urls) {
        const auto known = std::ranges::find(hosts_, url.host, &host::name);
        urls_.push_back({static_cast<std::size_t>(known - hosts_.begin()), url.port});
        if (known != hosts_.end()) continue;
        auto& added = hosts_.emplace_back(host{.name = url.host});
        boost::system::error_code is_name;
        const auto literal = boost::asio::ip::make_address(url.host, is_name);
        if (is_name) continue;
        added.addresses = {literal};
        added.literal = true;
        added.due = never;
    }
}

address_cache::host* address_cache::find(const std::string& name) {
    const auto found = std::ranges::find(hosts_, name, &host::name);
    return found == hosts_.end() ? nullptr : &*found;
}

std::vector<std::string> address_cache::take_due(monotonic_time now) {
    std::vector<std::string> names;
    for (auto& h : hosts_) {
        if (h.due > now) continue;
        h.looked_up_at = now;
        h.due = never;
        names.push_back(h.name);
    }
    return names;
}

bool address_cache::put(const std::string& name, const std::vector<address>& found) {
    auto* const h = find(name);
    if (h == nullptr || h->literal) return false;
    h->due = h->looked_up_at + lifetime;
    // Sorted within the family; the families stay in the system's order.
    std::vector<address> wanted(found);
    const bool v6_first = !found.empty() && found.front().is_v6();
    std::ranges::sort(wanted, {}, [&](const address& a) { return std::pair(a.is_v6() != v6_first, a); });
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    const auto of_other_family = [&](const address& a) { return a.is_v6() != (h->used == host::family::v6); };
    if (h->used != host::family::any && !std::ranges::all_of(wanted, of_other_family))
        std::erase_if(wanted, of_other_family);
    if (wanted.empty()) return false;
    auto updated = h->addresses;
    std::erase_if(updated, [&](const address& a) { return std::ranges::count(wanted, a) == 0; });
    for (const auto& a : wanted)
        if (std::ranges::count(updated, a) == 0) updated.push_back(a);
    return std::exchange(h->addresses, updated) != updated;
}

void address_cache::keep_family(const std::string& name, bool v6) {
    auto* const h = find(name);
    if (h == nullptr) return;
    h->used = v6 ? host::family::v6 : host::family::v4;
    std::erase_if(h->addresses, [&](const address& a) { return a.is_v6() != v6; });
}

void address_cache::pass_over(const tcp::endpoint& e) { passed_over_.insert(e); }

std::vector<server> address_cache::servers() const {
    std::vector<server> all;
    for (std::size_t i = 0; i < urls_.size(); ++i)
        for (const auto& a : hosts_[urls_[i].host].addresses)
            if (const tcp::endpoint e(a, urls_[i].port); !passed_over_.contains(e)) all.push_back({i, e});
    return all;
}

struct server_list::state {
    state(std::vector<endpoint> all, address_cache known, std::string_view what)
        : urls(std::move(all)), peer(what), cache(std::move(known)),
          servers(std::make_shared<const std::vector<server>>(cache.servers())) {}

    void put(const std::string& name, const std::vector<address>& found, const std::string& error) {
        if (!error.empty())
            log_warning(fmt::format("the name of the {}, {}, cannot be looked up again ({}); its known addresses are "
                                    "used",
                                    peer, name, error));
        const std::lock_guard lock(mutex);
        if (!cache.put(name, found)) return;
        auto changed = cache.servers();
        if (changed.empty()) return; // only addresses that did not answer at the start
        servers = std::make_shared<const std::vector<server>>(std::move(changed));
        std::vector<std::string> shown;
        for (const auto& s : *servers)
            if (urls[s.url].host == name) shown.push_back(s.address.address().to_string());
        log_info(fmt::format("the name of the {}, {}, now has the addresses {}", peer, name, fmt::join(shown, ", ")));
    }

    const std::vector<endpoint> urls;
    const std::string peer;
    std::mutex mutex; ///< guards the members below
    address_cache cache;
    std::shared_ptr<const std::vector<server>> servers;
};

server_list::server_list(std::vector<tcp::endpoint> fixed)
    : server_list(std::vector<endpoint>{}, address_cache({}), "server") {
    std::vector<server> all;
    all.reserve(fixed.size());
    for (auto& e : fixed) all.push_back({all.size(), std::move(e)});
    state_->servers = std::make_shared<const std::vector<server>>(std::move(all));
}

server_list::server_list(std::vector<endpoint> urls, address_cache known, std::string_view peer)
    : state_(std::make_shared<state>(std::move(urls), std::move(known), peer)) {}

const std::vector<endpoint>& server_list::urls() const noexcept { return state_->urls; }

std::shared_ptr<const std::vector<server>> server_list::at(monotonic_time now) const {
    const std::lock_guard lock(state_->mutex);
    for (const auto& name : state_->cache.take_due(now)) {
        const auto look_up = [name, owner = std::weak_ptr(state_)] {
            std::vector<address> found;
            std::string error = "see the line before"; // of log_exhaustion()
            log_exhaustion("a name lookup", [&] {
                boost::system::error_code failed;
                found = addresses_of(name, failed);
                error = failed ? failed.message() : std::string{};
            });
            log_exhaustion("a name lookup", [&] {
                if (const auto all = owner.lock()) all->put(name, found, error);
            });
        };
        try {
            std::thread(look_up).detach();
        } catch (const std::system_error&) { // no thread: the next lookup is due in 30 s
            state_->cache.put(name, {});
        }
    }
    return state_->servers;
}

address_cache look_up_names(const std::vector<endpoint>& urls, std::string_view peer, problems& unknown) {
    address_cache known(urls);
    for (const auto& name : known.take_due(std::chrono::steady_clock::now())) {
        boost::system::error_code error;
        known.put(name, addresses_of(name, error));
        if (!error) continue;
        const auto url = std::ranges::find(urls, name, &endpoint::host);
        unknown.add(to_string(*url), fmt::format("the name of the {} cannot be looked up ({}); check the host in its "
                                                 "URL",
                                                 peer, error.message()));
    }
    return known;
}

found_servers look_up(std::vector<endpoint> urls, std::string_view peer, const server_list& known) {
    if (known.urls() == urls) return {known, {}};
    found_servers found;
    auto addresses = look_up_names(urls, peer, found.unreachable);
    found.servers = server_list(std::move(urls), std::move(addresses), peer);
    return found;
}

} // namespace loadsim::net
