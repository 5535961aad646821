// Access rules of the embedded broker: who may subscribe to what, and publish what.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loadsim::target {

/// Rules for clients by user name. A client without rules may do nothing; whoever may subscribe to a filter also receives its messages.
///
/// Written as a configuration of mosquitto's dynamic security plugin: with an acl_file mosquitto 2.0 accepts every subscription.
/// Memory: 0.4 kB a client, and 6 kB in the broker.
class access_rules {
public:
    // Precondition: no rules for that user yet.
    void allow_all(std::string_view user);
    /// `subscribe`: topic filters, each allowed as it is. `publish`: filters that match the topics.
    void allow(std::string_view user, std::span<const std::string> subscribe, std::span<const std::string> publish);

    std::string text() const; ///< JSON

private:
    void add(std::string_view user, std::string_view acls);

    std::string clients_, roles_; ///< elements of JSON arrays
};

} // namespace loadsim::target
