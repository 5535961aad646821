// Kinds of values whose YAML has another shape than their struct: alternatives, short forms, keys that exclude each
// other.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/load/options.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include "reading.hpp"

#include <boost/json/object.hpp>

namespace loadsim::scenario::kinds {

/// 40ms, or one of {fixed}, {uniform}, {normal}, {lognormal}, each with `most` beside it.
struct delay {
    void read(reading&, const node&, vehicle::delay& out) const;
    node write(const vehicle::delay&) const;
    boost::json::object schema() const;
};

/// ack, running, executed, {failed: CODE}, {wait: DELAY}.
struct step {
    void read(reading&, const node&, vehicle::step& out) const;
    node write(const vehicle::step&) const;
    boost::json::object schema() const;
};

/// The rest of a behaviour, below its name.
struct behaviour {
    void read(reading&, const node&, vehicle::behaviour& out) const;
    node write(const vehicle::behaviour&) const;
    boost::json::object schema() const;
};

/// Artillery's keys.
struct phase {
    void read(reading&, const node&, loadsim::load::phase& out) const;
    node write(const loadsim::load::phase&) const;
    boost::json::object schema() const;
};

/// NAME: WEIGHT.
struct service_weight {
    void read(reading&, const node&, loadsim::load::service_weight& out) const;
    node write(const loadsim::load::service_weight&) const;
    boost::json::object schema() const;
};

/// NAME: {created, pending, running}.
struct service_limits {
    void read(reading&, const node&, backend::service& out) const;
    node write(const backend::service&) const;
    boost::json::object schema() const;
};

/// `embedded`, or a map of broker, api and embedded. Leaves open, for resolve() in read.cpp, what depends on the
/// driver.
struct target {
    void read(reading&, const node&, scenario::target& out) const;
    node write(const scenario::target&) const;
    boost::json::object schema() const;
};

} // namespace loadsim::scenario::kinds
