// Snapshots without secrets.
#include <loadsim/base/counters.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/measure/snapshot.hpp>

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::measure {
namespace {

/// Fields with texts that are not masked, in whatever struct: names that the scenario defines; addresses, VINs and trace ids, by
/// which users, explain and replay find things; enumerators (anomalies); messages, which are masked when they are recorded.
constexpr std::string_view unmasked_fields[] = {"addresses", "anomalies",   "behaviour",  "conditions", "consumer_lag",
                                                "machines",  "messages",    "partitions", "phase",      "segment",
                                                "service",   "traceparent", "vin"};

/// Masks secrets in all texts of a described value but those of `unmasked_fields`; counts of texts that become the same are added.
template <class T>
void mask_texts(T& value) {
    if constexpr (std::same_as<T, std::string>) {
        value = loadsim::mask_secrets(value);
    } else if constexpr (described<T>) {
        each_field(
            [](std::string_view name, auto& field) {
                if (std::ranges::count(unmasked_fields, name) == 0) mask_texts(field);
            },
            value);
    } else if constexpr (requires { typename T::mapped_type; }) {
        T masked;
        for (auto& [key, content] : value) {
            auto new_key = key;
            mask_texts(new_key);
            mask_texts(content);
            add(masked[new_key], content);
        }
        value = std::move(masked);
    } else if constexpr (requires { value.emplace_back(); }) {
        for (auto& one : value) mask_texts(one);
    }
}

} // namespace

void mask_secrets(snapshot& s) {
    if (has_secrets()) mask_texts(s);
}

} // namespace loadsim::measure
