#include "language.hpp"
#include "shapes.hpp"

#include <array>

namespace loadsim::scenario {
namespace {

using backend::fault;
using message = fault::message;

constexpr names::table<message, 3> messages{{"command", "word", "event"},
                                            {message::command, message::word, message::event}};
constexpr names::table<message, 1> requests{{"request"}, {message::request}};

struct fault_keys {
    std::array<std::optional<message>, 6> what; ///< by fault::kind
    std::optional<std::uint32_t> every;
    std::optional<share> probability;
    std::optional<nanoseconds> by;
};

template <class V>
void describe(V& v, fault_keys& k) {
    const auto of = [&k](fault::kind what) -> auto& { return k.what[static_cast<std::size_t>(what)]; };
    using enum fault::kind;
    v.field("drop", of(drop), "It never goes out, or is never read.", messages.kind());
    v.field("delay", of(delay), "It goes out, or is read, `by` later.", messages.kind());
    v.field("duplicate", of(duplicate), "It goes out, or is read, twice.", messages.kind());
    v.field("reorder", of(reorder), "It goes out, or is read, after the next one of the same vehicle.",
            messages.kind());
    v.field("forget", of(forget), "The platform forgets the request when its command has gone out.", requests.kind());
    v.field("doubleSend", of(double_send), "The vehicle is sent a second request while the first is active.",
            requests.kind());
    v.field("every", k.every, "Each n-th of them.", kinds::whole<std::uint32_t>{1});
    v.field("probability", k.probability, "By chance, drawn from the seed.", kinds::share_value{});
    v.field("by", k.by, "How long a delay is.", kinds::duration{.least = std::chrono::milliseconds{1}});
}

} // namespace

namespace kinds {

void fault::read(reading& r, const node& n, backend::fault& out) const {
    if (!r.is_map(n, "a fault, such as {drop: command, every: 10},")) return;
    const auto before = r.found().size();
    fault_keys keys;
    object<fault_keys>{}.read(r, n, keys);
    if (r.found().size() != before) return; // told already
    int count = 0;
    for (std::size_t i = 0; i < keys.what.size(); ++i) {
        if (!keys.what[i]) continue;
        ++count;
        out.what = static_cast<backend::fault::kind>(i);
        out.of = *keys.what[i];
    }
    if (count != 1)
        return r.wrong(n, "a fault is exactly one of drop, delay, duplicate, reorder, forget and doubleSend");
    if (keys.every.has_value() == keys.probability.has_value())
        return r.wrong(n, "how often? give it either every: 10 or probability: 2%");
    if (keys.by.has_value() != (out.what == backend::fault::kind::delay))
        return r.wrong(n, keys.by ? "only a delay has a 'by'" : "how long? give the delay a 'by', such as by: 12s");
    out.every = keys.every;
    out.probability = keys.probability.value_or(share{});
    out.by = keys.by.value_or(nanoseconds{0});
}

node fault::write(const backend::fault& f) const {
    fault_keys keys;
    keys.what[static_cast<std::size_t>(f.what)] = f.of;
    keys.every = f.every;
    if (!f.every) keys.probability = f.probability;
    if (f.what == backend::fault::kind::delay) keys.by = f.by;
    return object<fault_keys>{}.write(keys);
}

boost::json::object fault::schema() const { return object<fault_keys>{}.schema(); }

} // namespace kinds
} // namespace loadsim::scenario
