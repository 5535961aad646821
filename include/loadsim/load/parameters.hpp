// Parameters of requested services: values that are functions of (seed, arrival).
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/random.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::load {

/// A parameter of a service, and the distribution of its values.
struct parameter {
    enum class kind : std::uint8_t {
        text,   ///< always `text`
        choice, ///< one of `choices`
        number, ///< a random number
    };
    std::string name{};
    parameter::kind type = kind::text;
    std::string text{};
    std::vector<std::pair<std::string, double>> choices{}; ///< with their weights
    distribution_kind distribution = distribution_kind::uniform;
    double a = 0, b = 0;                    ///< see distribution_kind; a uniform number may be either limit
    std::optional<double> least{}, most{};  ///< limits: a number beyond one is set to it
    std::optional<std::uint8_t> decimals{}; ///< digits after the point; empty: as many as the numbers above have
    friend bool operator==(const parameter&, const parameter&) = default;
};
inline constexpr std::uint8_t max_decimals = 9;

/// Validation issue as half a sentence; empty: valid.
std::string check(const parameter&);

/// The parameters of all services. Threads: const, any.
class parameter_values {
public:
    parameter_values() = default;
    explicit parameter_values(std::uint64_t seed, std::vector<std::vector<parameter>> by_service);
    /// All names, each once, in the order of the services.
    const std::vector<std::string>& names() const noexcept { return names_; }
    /// Sets `out` to the values of a request, in the order of names(); a parameter that the service does not have is empty. Without
    /// any parameter of the service `out` is empty.
    void draw(arrival_id, std::uint32_t service, std::vector<std::string>& out) const;

private:
    struct entry {
        parameter value;
        std::uint32_t name; ///< index into names_
    };
    std::uint64_t seed_ = 0;
    std::vector<std::string> names_;
    std::vector<std::vector<entry>> by_service_;
};

} // namespace loadsim::load
