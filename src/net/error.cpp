#include <loadsim/net/error.hpp>

#include <string>

namespace loadsim::net {
namespace {

class net_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "net"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::ok: return "ok";
        case errc::closed_by_peer: return "connection closed by the other side";
        case errc::connect_timeout: return "no TCP connection in time";
        case errc::peer_not_reading: return "the other side stopped reading";
        }
        return "unknown";
    }
};

} // namespace

const std::error_category& category() noexcept {
    static const net_category instance;
    return instance;
}

} // namespace loadsim::net
