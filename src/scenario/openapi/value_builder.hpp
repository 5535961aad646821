// Templates of headers, bodies and parts of a URL, built from the schemas and examples of an OpenAPI document.
#pragma once

#include "openapi/document.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// Template that renders as the text; `otherwise` if there is none.
std::string template_literal(std::string_view text, std::string_view otherwise);

/// Builds values with placeholders of loadsim as texts: {vin}, {service}, {now:iso}, {random:uuid}; anything else is an example or made of
/// the type. Bounded, whatever the document has. Threads: one.
class value_builder {
public:
    explicit value_builder(const openapi_document& doc, bool for_response = false)
        : doc_(doc), for_response_(for_response) {}

    /// `example`: may be null. Properties that are not required are left out, unless the example has them or none is required; of a
    /// response all are built. A value within another one of its schema is left out where it may be.
    boost::json::value build(const boost::json::value* schema, std::string_view name, const boost::json::value* example,
                             int depth = 0);
    /// The value of a parameter as text.
    std::string text(const boost::json::value* parameter, std::string_view name);
    /// {service}, if the values of the enumeration or the example can name services; else the first of them.
    std::string service(const boost::json::value* schema, const boost::json::value* example);

    /// Values of {service}; empty: it is not used.
    const std::vector<std::string>& services() const { return services_; }
    /// Values that name a service, but cannot be the name of one here.
    const std::vector<std::string>& fixed_services() const { return fixed_services_; }

private:
    boost::json::value build_open(const boost::json::value* schema, std::string_view name,
                                  const boost::json::value* example, int depth);
    /// True: a value of the schema is being built, and this one would be within it.
    bool is_open(const boost::json::value* schema) const;
    const boost::json::value* example_of(const boost::json::value* schema) const;
    bool is_object(const boost::json::value* schema) const;
    /// Of a property in the value: of a request as a template, of a response as it is.
    std::string name_of(std::string_view property) const;
    boost::json::value object(const boost::json::value* schema, const boost::json::value* example, int depth);
    void add_properties(const boost::json::value* schema, const boost::json::value* example, int depth,
                        boost::json::object& made);
    boost::json::value by_type(const boost::json::value* schema, std::string_view name, const std::string& type) const;

    const openapi_document& doc_;
    bool for_response_;
    std::size_t values_ = 0;
    std::vector<const boost::json::value*> open_; ///< schemas of the values that contain the one that is being built
    std::vector<std::string> services_;
    std::vector<std::string> fixed_services_;
};

} // namespace loadsim::scenario
